#include "gateway/issuers/jwks_state.hpp"

#include <doctest/doctest.h>

#include <set>

namespace yett::issuers {
namespace {

using tokens::algorithm;
using tokens::signing_key;
using tokens::verification_key;

constexpr steady_time noon{std::chrono::hours{12}};

verification_key make(std::string kid)
{
    auto const made = signing_key::generate(algorithm::es256).value();
    return verification_key::from_public(algorithm::es256, made.private_key(), std::move(kid)).value();
}

key_reply with(std::vector<verification_key> keys, std::vector<verification_key> disputed = {})
{
    key_reply reply;
    reply.set.keys = std::move(keys);
    reply.set.disputed = std::move(disputed);
    return reply;
}

bool settle_at(jwks_state& s, fetched<key_reply> got, steady_time now)
{
    return settle(s, std::move(got), refresh_policy{}, now, 0.0);
}

std::vector<std::string> kids(jwks_state const& s)
{
    std::vector<std::string> names;
    for (auto const& key : s.keys) names.push_back(key.kid());
    return names;
}

std::set<std::uint64_t> fingerprints(jwks_state const& s)
{
    std::set<std::uint64_t> all;
    for (auto const& key : s.keys) all.insert(key.fingerprint());
    return all;
}

fetch_error const down{fetch_error::kind::unreachable, "refused"};

} // namespace

TEST_CASE("standing: the first keys are a change, the same again are none")
{
    jwks_state s;
    auto const a = make("a"), b = make("b");
    CHECK(settle_at(s, with({a, b}), noon));
    CHECK_FALSE(settle_at(s, with({b, a}), noon + seconds{60}));
    CHECK(kids(s) == std::vector<std::string>{"a", "b"});
    CHECK(s.fetched_at == noon + seconds{60});
}

TEST_CASE("standing: a key that the issuer took away is trusted no more")
{
    jwks_state s;
    auto const a = make("a"), b = make("b");
    settle_at(s, with({a, b}), noon);
    CHECK(settle_at(s, with({b}), noon));
    CHECK(kids(s) == std::vector<std::string>{"b"});
}

TEST_CASE("standing: a key whose kid stands for another one now serves beside it for a while")
{
    jwks_state s;
    auto const before = make("a"), after = make("a"), b = make("b");
    settle_at(s, with({before, b}), noon);
    CHECK(settle_at(s, with({after}), noon));
    CHECK(fingerprints(s) == std::set{after.fingerprint(), before.fingerprint()});
    CHECK(s.displaced.size() == 1);
    CHECK(describe(s, noon) == "2 keys, confirmed 0 s ago, 1 displaced under its kid");

    auto const end = noon + refresh_policy{}.most;
    CHECK_FALSE(settle_at(s, with({after}), end - seconds{1}));
    CHECK(s.displaced.size() == 1);
    CHECK(s.due == end);
    CHECK(settle_at(s, with({after}), end));
    CHECK(fingerprints(s) == std::set{after.fingerprint()});
    CHECK(s.displaced.empty());
}

TEST_CASE("standing: an outage does not prolong the time of a displaced key")
{
    jwks_state s;
    auto const before = make("a"), after = make("a");
    settle_at(s, with({before}), noon);
    settle_at(s, with({after}), noon);
    auto const end = noon + refresh_policy{}.most;
    CHECK_FALSE(settle_at(s, down, end - seconds{1}));
    CHECK(s.due <= end);
    CHECK(settle_at(s, down, end));
    CHECK(fingerprints(s) == std::set{after.fingerprint()});
    CHECK_FALSE(settle_at(s, down, end + seconds{1}));
}

TEST_CASE("standing: servers of an issuer that disagree about a kid lose nobody")
{
    jwks_state s;
    auto const one = make("a"), other = make("a");
    for (int i = 0; i < 100; ++i) {
        settle_at(s, with({i % 2 == 0 ? one : other}), noon + std::chrono::minutes{i});
        CHECK(s.keys.size() == (i == 0 ? 1u : 2u));
        CHECK(s.displaced.size() == (i == 0 ? 0u : 1u));
    }
}

TEST_CASE("standing: a kid with ever other keys keeps one beside the last")
{
    jwks_state s;
    auto last = make("a");
    settle_at(s, with({last}), noon);
    for (int i = 1; i < 20; ++i) {
        auto const next = make("a");
        CHECK(settle_at(s, with({next}), noon + seconds{i}));
        CHECK(fingerprints(s) == std::set{last.fingerprint(), next.fingerprint()});
        last = next;
    }
}

TEST_CASE("standing: a displaced key whose kid the issuer takes away goes with it")
{
    jwks_state s;
    auto const before = make("a"), after = make("a"), b = make("b");
    settle_at(s, with({before, b}), noon);
    settle_at(s, with({after, b}), noon);
    CHECK(settle_at(s, with({b}), noon));
    CHECK(fingerprints(s) == std::set{b.fingerprint()});
    CHECK(s.displaced.empty());
}

TEST_CASE("standing: two strangers that claim a kid displace the key in force but are not believed")
{
    jwks_state s;
    auto const a = make("a"), x = make("a"), y = make("a"), b = make("b");
    settle_at(s, with({a, b}), noon);
    settle_at(s, with({b}, {x, y}), noon);
    CHECK(fingerprints(s) == std::set{a.fingerprint(), b.fingerprint()});
    CHECK(s.displaced.size() == 1);
}

TEST_CASE("standing: of two keys that claim one kid the one in force stays, and a stranger gets in with neither")
{
    jwks_state s;
    auto const a = make("a"), imitation = make("a"), b = make("b"), c1 = make("c"), c2 = make("c");
    settle_at(s, with({a}), noon);
    CHECK(settle_at(s, with({b}, {imitation, a, c1, c2}), noon));
    REQUIRE(s.keys.size() == 2);
    CHECK(s.keys[0].fingerprint() == b.fingerprint());
    CHECK(s.keys[1].fingerprint() == a.fingerprint());
    settle_at(s, with({}, {imitation, a}), noon);
    CHECK(kids(s) == std::vector<std::string>{"a"});
    CHECK_FALSE(s.trouble);
}

TEST_CASE("standing: keys outlive every kind of failure, and their age is counted from the last success")
{
    for (unsigned k = 0; k < static_cast<unsigned>(fetch_error::kind::count_); ++k) {
        jwks_state s;
        settle_at(s, with({make("a")}), noon);
        for (int i = 1; i <= 100; ++i)
            CHECK_FALSE(settle_at(s, fetch_error{static_cast<fetch_error::kind>(k), "x"}, noon + std::chrono::hours{i}));
        CHECK(kids(s) == std::vector<std::string>{"a"});
        CHECK(s.fetched_at == noon);
        CHECK(s.failures == 100);
        CHECK(s.trouble->what == static_cast<fetch_error::kind>(k));
    }
}

TEST_CASE("standing: a set without a usable key is a failure and takes nothing away")
{
    jwks_state s;
    settle_at(s, with({make("a")}), noon);
    auto empty = with({});
    empty.set.complaints = {"key 1: too short"};
    CHECK_FALSE(settle_at(s, empty, noon + seconds{5}));
    CHECK(kids(s) == std::vector<std::string>{"a"});
    REQUIRE(s.trouble);
    CHECK(s.trouble->what == fetch_error::kind::no_usable_key);
    CHECK(s.trouble->note == "no usable key: key 1: too short");
    CHECK(s.fetched_at == noon);
}

TEST_CASE("standing: a success ends the trouble and the short waits")
{
    jwks_state s;
    settle_at(s, down, noon);
    settle_at(s, down, noon);
    CHECK(s.due == noon + seconds{1});
    CHECK_FALSE(s.fetched_at);
    CHECK(settle_at(s, with({make("a")}), noon));
    CHECK_FALSE(s.trouble);
    CHECK(s.failures == 0);
    CHECK(s.due == noon + seconds{420});
}

TEST_CASE("standing: one line says how matters stand")
{
    jwks_state s;
    CHECK(describe(s, noon) == "no keys yet");
    settle_at(s, down, noon);
    CHECK(describe(s, noon) == "no keys yet; the last fetch failed: unreachable: refused");
    auto const a = make("a");
    settle_at(s, with({a}), noon);
    CHECK(describe(s, noon + seconds{61}) == "1 key, confirmed 61 s ago");
    auto two = with({a, make("b")});
    two.set.complaints = {"key 3: odd"};
    settle_at(s, two, noon);
    settle_at(s, down, noon);
    settle_at(s, down, noon);
    CHECK(describe(s, noon + seconds{9}) ==
          "2 keys, confirmed 9 s ago, 1 left out; the last 2 fetches failed: unreachable: refused");
}

TEST_CASE("standing: every kind of trouble has a name of its own")
{
    std::vector<std::string_view> names;
    for (unsigned k = 0; k < static_cast<unsigned>(fetch_error::kind::count_); ++k) {
        auto const name = name_of(static_cast<fetch_error::kind>(k));
        CHECK_FALSE(name.empty());
        CHECK(std::find(names.begin(), names.end(), name) == names.end());
        names.push_back(name);
    }
}

} // namespace yett::issuers
