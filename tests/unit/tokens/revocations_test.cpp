#include "gateway/tokens/revocations.hpp"

#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

identity ada()
{
    identity who;
    who.subject = "ada";
    who.issuer = own_issuer;
    who.token_id = "token-1";
    who.session = "session-1";
    who.issued_at = at(-60);
    return who;
}

revocation_entry entry(revoked_by what, std::string id, std::string issuer = {})
{
    return {what, std::move(id), std::move(issuer), at(), at(900)};
}

} // namespace

TEST_CASE("revocations: a token dies by its jti, its session, its subject and its key, and by nothing else")
{
    struct
    {
        revocation_entry added;
        bool dead;
    } const rows[]{
        {entry(revoked_by::token, "token-1"), true},
        {entry(revoked_by::token, "token-2"), false},
        {entry(revoked_by::session, "session-1"), true},
        {entry(revoked_by::session, "token-1"), false},
        {entry(revoked_by::subject, "ada"), true},
        {entry(revoked_by::subject, "ADA"), false},
        {entry(revoked_by::key, "kid-1"), true},
        {entry(revoked_by::key, "ada"), false},
        {entry(revoked_by::subject, "ada", std::string{own_issuer}), true},
        {entry(revoked_by::subject, "ada", "https://idp.test"), false},
        {entry(revoked_by::token, ""), false},
    };
    for (auto const& [added, dead] : rows) {
        revocations all{std::string{own_issuer}};
        CHECK_FALSE(all.covers(ada(), "kid-1", at()));
        all.add(added);
        CHECK_MESSAGE(all.covers(ada(), "kid-1", at()) == dead, added.id);
    }
}

TEST_CASE("revocations: names of another issuer are other names")
{
    revocations all{std::string{own_issuer}};
    auto stranger = ada();
    stranger.issuer = "https://idp.test";
    all.add(entry(revoked_by::token, "token-1"));
    CHECK_FALSE(all.covers(stranger, "kid-1", at()));
    all.add(entry(revoked_by::token, "token-1", "https://idp.test"));
    CHECK(all.covers(stranger, "kid-1", at()));
}

TEST_CASE("revocations: a subject's epoch spares what was issued after it, to the millisecond")
{
    revocations all{std::string{own_issuer}};
    auto const epoch = at(10) + milliseconds{500};
    all.add({revoked_by::subject, "ada", {}, epoch, at(900)});
    auto who = ada();
    for (auto const& [issued, dead] : {std::pair{epoch - milliseconds{1}, true},
                                       {epoch, true},
                                       {epoch + milliseconds{1}, false},
                                       {at(11), false},
                                       {wall_time{}, true}}) {
        who.issued_at = issued;
        CHECK(all.covers(who, {}, at(20)) == dead);
    }
}

TEST_CASE("revocations: a later entry extends an earlier one and never shortens it")
{
    revocations all{std::string{own_issuer}};
    all.add({revoked_by::subject, "ada", {}, at(100), at(2000)});
    all.add({revoked_by::subject, "ada", {}, at(50), at(500)});
    auto who = ada();
    who.issued_at = at(99);
    CHECK(all.covers(who, {}, at(1900)));
    all.add({revoked_by::subject, "ada", {}, at(200), at(500)});
    who.issued_at = at(199);
    CHECK(all.covers(who, {}, at(1900)));
    CHECK(all.entries() == 1);
}

TEST_CASE("revocations: an entry lasts until its last token has expired, and is swept soon after")
{
    revocations all{std::string{own_issuer}};
    all.add(entry(revoked_by::session, "session-1"));
    CHECK(all.covers_session("session-1", at(900)));
    CHECK_FALSE(all.covers_session("session-1", at(900 + 256)));
    CHECK_FALSE(all.covers_session("session-2", at()));
    all.sweep(at(900));
    CHECK(all.entries() == 1);
    all.sweep(at(900 + 256));
    CHECK(all.entries() == 0);
}

TEST_CASE("revocations: every addition changes the generation, a whole load changes it once")
{
    revocations all{std::string{own_issuer}};
    auto const first = all.generation();
    all.add(entry(revoked_by::token, "a"));
    CHECK(all.generation() == first + 1);
    std::vector<revocation_entry> const many{entry(revoked_by::token, "b"), entry(revoked_by::session, "c")};
    all.load(many);
    CHECK(all.generation() == first + 2);
    CHECK(all.entries() == 3);
    all.sweep(at());
    CHECK(all.generation() == first + 2);
}

TEST_CASE("revocations: none of a hundred thousand is lost while the tables grow, and each costs little")
{
    constexpr int count = 100'000;
    revocations all{std::string{own_issuer}};
    revocations::view reader{all};
    for (int i = 0; i < count; ++i) {
        all.add(entry(revoked_by::token, fmt::format("token-{}", i)));
        if (i % 1000 == 0) REQUIRE(reader.covers(all.fingerprint(revoked_by::token, {}, fmt::format("token-{}", i)), {}, at()));
    }
    for (int i = 0; i < count; ++i)
        REQUIRE(reader.covers(all.fingerprint(revoked_by::token, {}, fmt::format("token-{}", i)), {}, at()));
    for (int i = 0; i < count; ++i)
        REQUIRE_FALSE(reader.covers(all.fingerprint(revoked_by::session, {}, fmt::format("token-{}", i)), {}, at()));
    CHECK(all.entries() == count);
    CHECK(all.bytes() <= 64 * std::size_t{count});
}

TEST_CASE("revocations: once add() has returned no thread accepts the token")
{
    constexpr int count = 20'000;
    revocations all{std::string{own_issuer}};
    std::vector<std::uint64_t> names;
    for (int i = 0; i < count; ++i) names.push_back(all.fingerprint(revoked_by::session, {}, fmt::format("s{}", i)));

    std::atomic<int> answered{0}; // revocations whose add() has returned
    std::atomic<int> escaped{0};
    std::atomic<bool> done{false};
    auto const worker = [&] {
        revocations::view mine{all};
        std::uint64_t seed = 1;
        while (!done.load(std::memory_order_relaxed)) {
            int const answered_before = answered.load(std::memory_order_acquire);
            if (answered_before == 0) continue;
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            auto const pick = static_cast<std::size_t>(seed >> 33) % static_cast<std::size_t>(answered_before);
            for (auto const i : {pick, static_cast<std::size_t>(answered_before) - 1})
                if (!mine.covers(names[i], {}, at())) ++escaped;
        }
    };
    {
        std::vector<std::jthread> workers;
        for (int i = 0; i < 3; ++i) workers.emplace_back(worker);
        std::jthread const sweeper{[&] {
            while (!done.load(std::memory_order_relaxed)) all.sweep(at());
        }};
        for (int i = 0; i < count; ++i) {
            all.add(entry(revoked_by::session, fmt::format("s{}", i)));
            if (i % 2) all.add({revoked_by::token, fmt::format("old{}", i), {}, {}, at(-1000)}); // something to sweep
            answered.store(i + 1, std::memory_order_release);
        }
        done = true;
    }
    CHECK(escaped == 0);
    all.sweep(at());
    CHECK(all.entries() >= count);
}

TEST_CASE("revocations: everybody's tokens die up to a moment, whoever issued them, and later ones do not")
{
    revocations all{std::string{own_issuer}};
    auto const issued = [](wall_time when, std::string issuer) {
        auto who = ada();
        who.issuer = std::move(issuer);
        who.issued_at = when;
        return who;
    };
    all.add(entry(revoked_by::everybody, {}));
    for (auto const& issuer : {std::string{own_issuer}, std::string{"https://idp.test"}}) {
        CHECK(all.covers(issued(at() - seconds{1}, issuer), "kid-1", at()));
        CHECK(all.covers(issued(at(), issuer), "kid-1", at()));
        CHECK_FALSE(all.covers(issued(at() + milliseconds{1}, issuer), "kid-1", at()));
        CHECK(all.covers(issued(wall_time{}, issuer), "kid-1", at()));
    }
    identity const nameless{};
    CHECK(all.covers(nameless, {}, at()));
    CHECK(all.entries() == 0);
}

TEST_CASE("revocations: a second word about everybody extends the first, and in the end it is over")
{
    revocations all{std::string{own_issuer}};
    auto second = entry(revoked_by::everybody, {});
    second.issued_until = at(-3600);
    second.until = at(7200);
    auto const before = all.generation();
    all.add(entry(revoked_by::everybody, {}));
    all.load(std::array{second});
    CHECK(all.generation() == before + 2);
    CHECK(all.covers(ada(), {}, at(900)));
    CHECK(all.covers(ada(), {}, at(7199)));
    all.sweep(at(7199));
    CHECK(all.covers(ada(), {}, at(7199)));
    CHECK_FALSE(all.covers(ada(), {}, at(7200 + 256)));
}

TEST_CASE("revocations: a worker that looked before sees the word about everybody at its next look")
{
    revocations all{std::string{own_issuer}};
    revocations::view mine{all};
    auto const names = all.names_of(ada(), "kid-1");
    CHECK_FALSE(mine.covers(names, at()));
    all.add(entry(revoked_by::everybody, {}));
    CHECK(mine.covers(names, at()));
}
