#include "gateway/tokens/keys/key_ring.hpp"

#include "gateway/tokens/keys/key_files.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

constexpr key_schedule by{.rotate_every = seconds{100}, .publish_before = seconds{20}, .keep_for = seconds{50}};

struct fixture
{
    temporary_folder folder;
    std::unique_ptr<key_store> store = make_key_files((folder.path() / "keys").string());
    key_ring ring = another();

    key_ring another(secret sealing = {}) { return {*store, {algorithm::es256, std::move(sealing), by}}; }
    bool refresh(std::int64_t now)
    {
        auto const changed = run(ring.refresh(at(now)));
        REQUIRE(changed);
        return *changed;
    }
    std::vector<unsigned> numbers() const
    {
        std::vector<unsigned> all;
        for (auto const& each : ring.keys()) all.push_back(each.number);
        return all;
    }
};

} // namespace

TEST_CASE("key ring: the first key signs at once")
{
    fixture f;
    CHECK(f.refresh(0));
    CHECK(f.numbers() == std::vector{1u});
    CHECK(f.ring.signing(at()).number == 1);
    CHECK_FALSE(f.refresh(1));
}

TEST_CASE("key ring: a successor is published, signs, and the old key goes when its time is over")
{
    fixture f;
    f.refresh(0);
    CHECK_FALSE(f.refresh(79));
    CHECK(f.refresh(80));
    CHECK(f.numbers() == std::vector{1u, 2u});
    CHECK(f.ring.signing(at(99)).number == 1);
    CHECK(f.ring.signing(at(100)).number == 2);
    CHECK_FALSE(f.refresh(149));
    CHECK(f.refresh(150));
    CHECK(f.numbers() == std::vector{2u});
    CHECK(f.ring.signing(at(150)).number == 2);
}

TEST_CASE("key ring: two rings on one store sign with the same key at every moment")
{
    fixture f;
    auto other = f.another();
    for (std::int64_t now = 0; now < 1000; now += 7) {
        REQUIRE(run((now % 2 ? f.ring : other).refresh(at(now))));
        REQUIRE(run((now % 2 ? other : f.ring).refresh(at(now))));
        REQUIRE(run(f.ring.refresh(at(now))));
        CHECK(f.ring.signing(at(now)).key.kid() == other.signing(at(now)).key.kid());
    }
    CHECK(f.ring.signing(at(1000)).number == 10);
}

TEST_CASE("key ring: processes that rotate at once agree on every key")
{
    fixture f;
    std::vector<pid_t> children;
    for (int i = 0; i < 4; ++i) {
        auto const child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            std::ofstream said{f.folder.path() / fmt::format("said-{}", i)};
            auto mine = f.another();
            for (auto const now : {0, 0, 80, 80})
                if (!run(mine.refresh(at(now)))) said << "failed\n";
            for (auto const now : {0, 99, 100}) said << mine.signing(at(now)).key.kid() << '\n';
            said.close();
            ::_exit(0);
        }
        children.push_back(child);
    }
    for (auto const child : children) ::waitpid(child, nullptr, 0);
    std::set<std::string> all;
    for (int i = 0; i < 4; ++i) {
        std::ifstream in{f.folder.path() / fmt::format("said-{}", i)};
        all.insert({std::istreambuf_iterator<char>{in}, {}});
    }
    CHECK(all.size() == 1);
    CHECK(std::ranges::count(*all.begin(), '\n') == 3);
    CHECK(f.refresh(80));
    CHECK(f.numbers() == std::vector{1u, 2u});
}

TEST_CASE("key ring: rotating by hand makes the next key, which signs when it was told to")
{
    fixture f;
    f.refresh(0);
    REQUIRE(run(f.ring.rotate(at(10), at(13))));
    CHECK(f.ring.signing(at(12)).number == 1);
    CHECK(f.ring.signing(at(13)).number == 2);
    CHECK_MESSAGE(f.refresh(13 + 50), "the first key is spent");
    CHECK_FALSE(f.refresh(13 + 79));
    CHECK_MESSAGE(f.refresh(13 + 80), "the schedule goes on from the new key");
}

TEST_CASE("key ring: a removed key is gone everywhere, and another signs before")
{
    fixture f;
    f.refresh(0);
    auto other = f.another();
    REQUIRE(run(other.refresh(at())));
    auto const kid = f.ring.keys().front().key.kid();
    REQUIRE(run(f.ring.remove(kid, at(5))));
    CHECK(f.numbers() == std::vector{2u});
    CHECK(f.ring.signing(at(5)).number == 2);
    CHECK(run(f.ring.remove(kid, at(5))).error() == errc::not_found);
    CHECK(*run(other.refresh(at(5))));
    CHECK(other.signing(at(5)).number == 2);
    CHECK(other.keys().size() == 1);
}

TEST_CASE("key ring: with keys that cannot be read it goes on with those it has, and does not start")
{
    fixture f;
    f.refresh(0);
    auto const file = f.folder.path() / "keys" / "es256-000001.pem";
    std::filesystem::rename(file, f.folder.path() / "away");
    CHECK_FALSE(run(f.ring.refresh(at(1))));
    CHECK(f.numbers() == std::vector{1u});
    std::filesystem::rename(f.folder.path() / "away", file);
    CHECK(run(f.ring.refresh(at(2))));
    std::ofstream{f.folder.path() / "keys" / "es256-000002.pem"} << "no key";
    CHECK_FALSE(run(f.ring.refresh(at(3))));
    auto fresh = f.another();
    CHECK_FALSE(run(fresh.refresh(at(3))));
    CHECK(fresh.keys().empty());
}

TEST_CASE("key ring: with a secret new keys are sealed, and the wrong one opens none")
{
    fixture f;
    secret const right{"correct horse battery staple"};
    auto sealed = f.another(right);
    REQUIRE(run(sealed.refresh(at())));
    std::ifstream in{f.folder.path() / "keys" / "es256-000001.pem"};
    std::string const text{std::istreambuf_iterator<char>{in}, {}};
    CHECK(text.find("\nsealed: ") != std::string::npos);
    auto wrong = f.another(secret{"something else entirely"});
    auto const refused = run(wrong.refresh(at()));
    REQUIRE(!refused);
    CHECK(refused.error().note().find("tokens.keys.secret does not open it") != std::string::npos);
    auto again = f.another(right);
    CHECK(run(again.refresh(at())));
    CHECK(again.keys().front().key.kid() == sealed.keys().front().key.kid());
}
