#include "gateway/storage/memory/key_store.hpp"
#include "gateway/storage/postgres/key_store.hpp"
#include "gateway/storage/sqlite/key_store.hpp"
#include "gateway/tokens/keys/key_files.hpp"
#include "gateway/tokens/keys/key_ring.hpp"
#include "gateway/tokens/keys/own_secret.hpp"
#include "tests/contract/adapters.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/temporary_folder.hpp"

#include <atomic>
#include <thread>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

constexpr auto alg = algorithm::es256;
constexpr key_schedule by{.rotate_every = seconds{100}, .publish_before = seconds{10}, .keep_for = seconds{50}};

// A place for keys, and how a process opens it. Memory is of one process alone: whoever
// opens it again is another part of the same.
class place
{
public:
    explicit place(std::string kind) : kind_{std::move(kind)}
    {
        if (kind_ == "postgres") database_ = std::make_unique<postgres_database>();
    }

    std::shared_ptr<key_store> open()
    {
        if (kind_ == "sqlite") return storage::sqlite::make_key_store(folder_.file("yett.db"));
        if (kind_ == "postgres") return storage::postgres::make_key_store(database_->options());
        if (kind_ == "files") return make_key_files(folder_.file("keys"));
        return memory_;
    }

private:
    std::string const kind_;
    temporary_folder folder_;
    std::unique_ptr<postgres_database> database_;
    std::shared_ptr<key_store> const memory_ = storage::memory::make_key_store();
};

template<class Test>
void in_every_place(Test const& test)
{
    for (auto const* const kind : {"memory", "sqlite", "postgres", "files"}) {
        CAPTURE(kind);
        place here{kind};
        test(here);
    }
}

kept_key some_key(unsigned number, std::string text = "a key")
{
    return {alg, number, secret{std::move(text)}};
}

std::vector<unsigned> numbers_in(key_store& keys, algorithm of = alg)
{
    std::vector<unsigned> numbers;
    auto const found = run(keys.list(of));
    for (auto const& each : found.value()) {
        CHECK(each.alg == of);
        numbers.push_back(each.number);
    }
    return numbers;
}

} // namespace

TEST_CASE("key store: keys come oldest first, each algorithm's by themselves")
{
    in_every_place([](place& here) {
        auto const keys = here.open();
        CHECK(numbers_in(*keys).empty());
        for (unsigned const number : {2u, 10u, 1u}) CHECK(run(keys->add(some_key(number))).value());
        CHECK(run(keys->add({algorithm::eddsa, 7, secret{"another"}})).value());
        CHECK(numbers_in(*keys) == std::vector{1u, 2u, 10u});
        CHECK(numbers_in(*keys, algorithm::eddsa) == std::vector{7u});
        CHECK(numbers_in(*keys, algorithm::rs256).empty());
    });
}

TEST_CASE("key store: a document comes back byte by byte, also after another opening")
{
    in_every_place([](place& here) {
        std::string const text = "A key.\nmade: 1\n'; DROP TABLE signing_keys; --\n" + std::string(60'000, 'x');
        auto const first = here.open();
        CHECK(run(first->add(some_key(1, text))).value());
        auto const again = here.open();
        CHECK(run(again->list(alg)).value().front().document == secret{text});
    });
}

TEST_CASE("key store: a number is given once, and who comes second changes nothing")
{
    in_every_place([](place& here) {
        auto const one = here.open();
        auto const other = here.open();
        CHECK(run(one->add(some_key(1, "one"))).value());
        CHECK_FALSE(run(other->add(some_key(1, "other"))).value());
        CHECK(run(other->list(alg)).value().front().document == secret{"one"});
    });
}

TEST_CASE("key store: a removed key is gone, and removing it again is no failure")
{
    in_every_place([](place& here) {
        auto const keys = here.open();
        CHECK(run(keys->add(some_key(1))).value());
        CHECK(run(keys->add(some_key(2))).value());
        CHECK(run(keys->add({algorithm::eddsa, 1, secret{"another"}})).value());
        CHECK(run(keys->remove(alg, 1)));
        CHECK(run(keys->remove(alg, 1)));
        CHECK(numbers_in(*keys) == std::vector{2u});
        CHECK(numbers_in(*keys, algorithm::eddsa) == std::vector{1u});
    });
}

TEST_CASE("key store: of many who want one number at once exactly one gets it")
{
    in_every_place([](place& here) {
        (void)here.open();
        for (unsigned number = 1; number <= 5; ++number) {
            std::atomic<int> given{0};
            std::vector<std::jthread> crowd;
            for (int each = 0; each < 8; ++each)
                crowd.emplace_back([&here, &given, number] {
                    auto const keys = here.open();
                    auto const mine = run(keys->add(some_key(number)));
                    given += mine.has_value() && *mine;
                });
            crowd.clear();
            CHECK(given == 1);
        }
        auto const keys = here.open();
        CHECK(numbers_in(*keys).size() == 5);
    });
}

TEST_CASE("key store: rings that share a store sign with one key, and turn over together")
{
    in_every_place([](place& here) {
        auto const store_of_one = here.open();
        auto const store_of_two = here.open();
        key_ring one{*store_of_one, {alg, {}, by}};
        key_ring two{*store_of_two, {alg, {}, by}};
        std::string before;
        for (auto now = noon; now < noon + seconds{400}; now += seconds{5}) {
            REQUIRE(run(one.refresh(now)));
            REQUIRE(run(two.refresh(now)));
            REQUIRE(run(one.refresh(now)));
            auto const kid = std::string{one.signing(now).key.kid()};
            CHECK(two.signing(now).key.kid() == kid);
            before = kid;
        }
        CHECK(two.keys().front().number > 1);
        REQUIRE(run(one.remove(before, noon + seconds{400})));
        REQUIRE(run(two.refresh(noon + seconds{400})));
        CHECK(two.signing(noon + seconds{400}).key.kid() == one.signing(noon + seconds{400}).key.kid());
        CHECK(two.signing(noon + seconds{400}).key.kid() != before);
    });
}

TEST_CASE("key store: a sealed key shows nothing to who reads the store, and opens with its secret alone")
{
    in_every_place([](place& here) {
        auto const keys = here.open();
        key_ring sealed{*keys, {alg, secret{"a key-encryption secret of some length"}, by}};
        REQUIRE(run(sealed.refresh(noon)));
        auto const kept = run(keys->list(alg)).value();
        CHECK(kept.front().document.reveal().find("PRIVATE KEY") == std::string_view::npos);
        key_ring again{*keys, {alg, secret{"a key-encryption secret of some length"}, by}};
        REQUIRE(run(again.refresh(noon)));
        CHECK(again.signing(noon).key.kid() == sealed.signing(noon).key.kid());
        key_ring wrong{*keys, {alg, secret{"another secret of some length"}, by}};
        CHECK_FALSE(run(wrong.refresh(noon)));
    });
}

TEST_CASE("key_store: the program's own secret is the same for every process and after a restart")
{
    in_every_place([](place& here) {
        for (auto const& sealing : {secret{}, secret{"a passphrase for the keys"}}) {
            auto const store = here.open();
            REQUIRE(run(store->remove(algorithm::hs256, 1))); // that of the other round
            auto const first = run(own_secret(*store, sealing));
            REQUIRE(first);
            CHECK(first->size() == 32);
            CHECK(run(own_secret(*here.open(), sealing)).value() == *first);
            auto const kept = run(store->list(algorithm::hs256)).value();
            REQUIRE(kept.size() == 1);
            CHECK((kept.front().document.reveal().find("sealed: ") != std::string_view::npos) == !sealing.empty());
            CHECK(derive_key(*first, "a").value() != derive_key(*first, "b").value());
        }
        CHECK(numbers_in(*here.open(), algorithm::es256).empty());
    });
}

TEST_CASE("key_store: an own secret that does not open is said, and never replaced (siblings: damaged, sealed by another)")
{
    in_every_place([](place& here) {
        auto const store = here.open();
        REQUIRE(run(own_secret(*store, secret{"one passphrase"})));
        CHECK(run(own_secret(*store, secret{"another passphrase"})).error() == errc::internal);
        CHECK(run(own_secret(*store, {})).error() == errc::internal);
        REQUIRE(run(store->remove(algorithm::hs256, 1)));
        REQUIRE(run(store->add({algorithm::hs256, 1, secret{"A secret of Yett. Keep it secret.\nsecret: cut"}})));
        CHECK(run(own_secret(*store, {})).error() == errc::internal);
    });
}

TEST_CASE("key_store: of many that ask first all get one secret")
{
    in_every_place([](place& here) {
        std::vector<std::string> got(8);
        std::vector<std::thread> all;
        for (auto& each : got)
            all.emplace_back([&each, store = here.open()] { each = run(own_secret(*store, {})).value().reveal(); });
        for (auto& each : all) each.join();
        for (auto const& each : got) CHECK(each == got.front());
    });
}
