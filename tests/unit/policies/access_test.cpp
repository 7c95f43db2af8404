#include "policies/access.hpp"

#include "tests/unit/policies/rules.hpp"

#include <random>

using namespace yett;
using namespace yett::policies;
using namespace std::chrono_literals;
using kind = access_spec::kind;
using verdict = policies::access::verdict;
using words = std::vector<std::string>;
using parts = std::vector<access_spec>;

namespace {

constexpr auto now = wall_time{1'700'000'000s};

// Signed in ten minutes ago.
identity somebody()
{
    identity who;
    who.subject = "u1";
    who.email = "ada@example.com";
    who.roles = {"user"};
    who.scopes = {"read"};
    who.authenticated_at = now - 10min;
    return who;
}

// A condition that comes to this verdict for `somebody`.
access_spec that_is(verdict v)
{
    switch (v) {
    case verdict::granted: return access_of(kind::roles, words{"user"});
    case verdict::forbidden: return access_of(kind::roles, words{"admin"});
    case verdict::login_too_old: return recent(access_of(kind::roles, words{"user"}), 5min);
    case verdict::unauthenticated: break; // of somebody nothing is
    }
    return {};
}

auto const inside = from("10.1.2.3");
auto const outside = from("192.0.2.7");

verdict verdict_of(access_spec const& spec)
{
    auto const who = somebody();
    return policies::access{spec}.judge(&who, outside, now);
}

verdict verdict_of_nobody(access_spec const& spec, question const& asked)
{
    return policies::access{spec}.judge(nullptr, asked, now);
}

constexpr auto granted = verdict::granted;
constexpr auto forbidden = verdict::forbidden;
constexpr auto too_old = verdict::login_too_old;
constexpr auto unknown = verdict::unauthenticated;

// The rule as the documentation has it, told anew: without word sets, and without leaving a list early.
verdict model(access_spec const& spec, identity const* who, bool is_inside)
{
    auto const holds = [](words const& list, std::string const& word) { return std::ranges::find(list, word) != list.end(); };
    auto const nested = spec.is == kind::any_of || spec.is == kind::all_of;
    auto passes = who || nested ? forbidden : unknown;
    if (spec.is == kind::networks) passes = is_inside ? granted : forbidden;
    if (who && spec.is == kind::roles)
        for (auto const& role : who->roles) passes = holds(spec.values, role) ? granted : passes;
    if (who && spec.is == kind::users && holds(spec.values, who->subject)) passes = granted;
    if (who && spec.is == kind::scopes) {
        passes = granted;
        for (auto const& scope : spec.values) passes = holds(who->scopes, scope) ? passes : forbidden;
    }
    if (who && spec.is == kind::authenticated) passes = granted;
    if (nested) {
        std::size_t of[4]{};
        for (auto const& part : spec.parts) ++of[static_cast<std::size_t>(model(part, who, is_inside))];
        auto const good = of[static_cast<std::size_t>(granted)];
        auto const bad = of[static_cast<std::size_t>(forbidden)];
        auto const all = spec.parts.size();
        auto const between = who ? too_old : unknown;
        if (spec.is == kind::any_of) passes = good > 0 ? granted : bad == all ? forbidden : between;
        else passes = bad > 0 ? forbidden : good == all ? granted : between;
    }
    if (passes != granted || !spec.recent_login) return passes;
    if (!who) return unknown;
    return now - who->authenticated_at <= *spec.recent_login ? granted : too_old;
}

// Any condition at all, at most so deep.
access_spec some_spec(std::mt19937_64& random, int depth)
{
    constexpr kind flat[] = {kind::authenticated, kind::roles, kind::scopes, kind::users, kind::networks};
    words const names[] = {{"user"}, {"admin"}, {"user", "admin"}, {"read"}, {"write", "read"}, {"u1"}, {"u2", "u1"}};
    access_spec spec;
    if (depth > 0 && random() % 2 == 0) {
        spec.is = random() % 2 == 0 ? kind::any_of : kind::all_of;
        for (auto left = 1 + random() % 3; left > 0; --left) spec.parts.push_back(some_spec(random, depth - 1));
    } else {
        spec.is = flat[random() % std::size(flat)];
        if (spec.is == kind::networks) return networks_of({"10.0.0.0/8"});
        if (spec.is != kind::authenticated) spec.values = names[random() % std::size(names)];
    }
    if (random() % 3 == 0) spec.recent_login = std::chrono::minutes{1 + random() % 20};
    return spec;
}

} // namespace

TEST_CASE("access: any_of takes the kindest verdict of its parts, all_of the harshest")
{
    struct
    {
        verdict first;
        verdict second;
        verdict any;
        verdict all;
    } const rows[] = {
        {granted, granted, granted, granted},         {granted, forbidden, granted, forbidden},
        {granted, too_old, granted, too_old},         {forbidden, granted, granted, forbidden},
        {forbidden, forbidden, forbidden, forbidden}, {forbidden, too_old, too_old, forbidden},
        {too_old, granted, granted, too_old},         {too_old, forbidden, too_old, forbidden},
        {too_old, too_old, too_old, too_old},
    };
    for (auto const& row : rows) {
        CAPTURE(static_cast<int>(row.first));
        CAPTURE(static_cast<int>(row.second));
        parts const both{that_is(row.first), that_is(row.second)};
        CHECK(verdict_of(access_of(kind::any_of, both)) == row.any);
        CHECK(verdict_of(access_of(kind::all_of, both)) == row.all);
    }
}

TEST_CASE("access: a login of the whole list comes after what its parts say")
{
    for (auto const is : {kind::any_of, kind::all_of}) {
        struct
        {
            verdict part;
            std::chrono::seconds wanted;
            verdict comes_to;
        } const rows[] = {
            {granted, 10min, granted}, {granted, 9min, too_old},   {forbidden, 9min, forbidden},
            {too_old, 10min, too_old}, {forbidden, 1h, forbidden}, {too_old, 9min, too_old},
        };
        for (auto const& row : rows)
            CHECK(verdict_of(recent(access_of(is, parts{that_is(row.part)}), row.wanted)) == row.comes_to);
    }
}

TEST_CASE("access: agrees with a simple reading of the rule, on random conditions")
{
    std::mt19937_64 random{7};
    for (int i = 0; i < 20'000; ++i) {
        auto const spec = some_spec(random, 3);
        policies::access const made{spec};
        CAPTURE(made.wanted());
        auto const who = somebody();
        REQUIRE(made.judge(&who, inside, now) == model(spec, &who, true));
        REQUIRE(made.judge(&who, outside, now) == model(spec, &who, false));
        REQUIRE(made.judge(nullptr, inside, now) == model(spec, nullptr, true));
        REQUIRE(made.judge(nullptr, outside, now) == model(spec, nullptr, false));
        // Whoever passes without an identity is not asked for one, and who is asked for one needs it.
        if (made.credentials() == credential_use::required) REQUIRE(made.judge(nullptr, inside, now) != granted);
        if (made.credentials() == credential_use::ignored)
            REQUIRE(made.judge(&who, outside, now) == made.judge(nullptr, outside, now));
    }
}

TEST_CASE("access: what it takes, in words")
{
    struct
    {
        access_spec access;
        char const* words;
    } const rows[] = {
        {access_of(kind::public_), "nothing"},
        {access_of(kind::optional), "nothing, or a credential that is good"},
        {access_of(kind::authenticated), "somebody who is signed in"},
        {access_of(kind::roles, words{"admin"}), "one of the roles admin"},
        {access_of(kind::roles, words{"ops", "admin"}), "one of the roles ops, admin"},
        {access_of(kind::scopes, words{"read", "write"}), "all of the scopes read, write"},
        {access_of(kind::users, words{"u1"}), "one of the users u1"},
        {access_of(kind::emails, words{"*@Example.com"}), "one of the addresses *@Example.com"},
        {networks_of({"10.0.0.0/8", "2001:db8::/32", "192.0.2.7"}),
         "a client of the networks 10.0.0.0/8, 2001:db8::/32, 192.0.2.7/32"},
        {access_of(kind::any_of, parts{networks_of({"10.0.0.0/8"}), that_is(granted)}),
         "(a client of the networks 10.0.0.0/8 or one of the roles user)"},
        {recent(access_of(kind::authenticated), 5min), "somebody who is signed in with a login of the last 300 s"},
        {access_of(kind::any_of, parts{that_is(granted), that_is(forbidden)}),
         "(one of the roles user or one of the roles admin)"},
        {access_of(kind::all_of, parts{that_is(granted), that_is(too_old)}),
         "(one of the roles user and one of the roles user with a login of the last 300 s)"},
        {access_of(kind::all_of, parts{access_of(kind::any_of, parts{that_is(granted)}), that_is(forbidden)}),
         "((one of the roles user) and one of the roles admin)"},
    };
    for (auto const& row : rows) CHECK(policies::access{row.access}.wanted() == row.words);
}

TEST_CASE("access: until when what is granted now stays granted")
{
    auto const minutes_left = [](access_spec const& spec) -> std::optional<long> {
        auto const who = somebody();
        auto const until = policies::access{spec}.granted_until(&who, inside, now);
        if (!until) return {};
        return std::chrono::duration_cast<std::chrono::minutes>(*until - now).count();
    };
    auto const fresh = [](int length) { return recent(access_of(kind::authenticated), std::chrono::minutes{length}); };
    struct
    {
        char const* situation;
        access_spec access;
        std::optional<long> left;
    } const rows[] = {
        {"nothing of it ages", that_is(granted), {}},
        {"the login does", fresh(30), 20},
        {"just so", fresh(10), 0},
        {"of two the stricter", access_of(kind::all_of, parts{fresh(30), fresh(15)}), 5},
        {"of two the kinder", access_of(kind::any_of, parts{fresh(30), fresh(15)}), 20},
        {"what is forbidden anyway does not count", access_of(kind::any_of, parts{fresh(15), that_is(forbidden)}), 5},
        {"another way in does not age", access_of(kind::any_of, parts{fresh(15), that_is(granted)}), {}},
        {"the whole list", recent(access_of(kind::all_of, parts{that_is(granted)}), 12min), 2},
        {"the whole list and a part", recent(access_of(kind::all_of, parts{fresh(11)}), 12min), 1},
        {"another way in is the network", access_of(kind::any_of, parts{fresh(15), networks_of({"10.0.0.0/8"})}), {}},
        {"from another network there is none", access_of(kind::any_of, parts{fresh(15), networks_of({"172.16.0.0/12"})}), 5},
        {"a part that is too old already, beside another way", access_of(kind::any_of, parts{fresh(5), fresh(40)}), 30},
    };
    for (auto const& row : rows) {
        CAPTURE(row.situation);
        CHECK(minutes_left(row.access) == row.left);
    }
}

TEST_CASE("access: a verdict holds up to the last moment and not a millisecond longer")
{
    policies::access const fresh{recent(access_of(kind::authenticated), 15min)};
    auto const who = somebody();
    auto const last = fresh.granted_until(&who, outside, now);
    REQUIRE(last);
    CHECK(fresh.judge(&who, outside, *last) == granted);
    CHECK(fresh.judge(&who, outside, *last + 1ms) == too_old);
}

TEST_CASE("access: a network holds the addresses of its own family, however they are written")
{
    struct
    {
        words networks;
        char const* client;
        verdict comes_to;
    } const rows[] = {
        {{"10.0.0.0/8"}, "10.255.255.255", granted},
        {{"10.0.0.0/8"}, "11.0.0.0", forbidden},
        {{"10.0.0.0/8"}, "::ffff:10.0.0.1", granted}, // v4-mapped is IPv4
        {{"10.0.0.0/8"}, "::10.0.0.1", forbidden},    // v4-compatible is not
        {{"192.0.2.7"}, "192.0.2.7", granted},
        {{"192.0.2.7"}, "192.0.2.8", forbidden},
        {{"2001:db8::/32"}, "2001:db8:ffff::1", granted},
        {{"2001:db8::/32"}, "2001:db9::1", forbidden},
        {{"2001:db8::/32"}, "10.0.0.1", forbidden},
        {{"0.0.0.0/0"}, "203.0.113.9", granted},
        {{"0.0.0.0/0"}, "2001:db8::1", forbidden},
        {{"::/0"}, "2001:db8::1", granted},
        {{"::/0"}, "203.0.113.9", forbidden},
        {{"10.0.0.0/8", "2001:db8::/32"}, "2001:db8::7", granted},
        {{"10.0.0.0/8", "2001:db8::/32"}, "10.0.0.1", granted},
        {{"10.0.0.0/8", "2001:db8::/32"}, "192.0.2.7", forbidden},
    };
    for (auto const& row : rows) {
        CAPTURE(row.networks.front());
        CAPTURE(row.client);
        CHECK(verdict_of_nobody(networks_of(row.networks), from(row.client)) == row.comes_to);
    }
    CHECK(verdict_of_nobody(networks_of({"0.0.0.0/0"}), question{"GET", "h", "/a"}) == forbidden);
}

TEST_CASE("access: what a network and an identity come to together")
{
    auto const lan = networks_of({"10.0.0.0/8"});
    auto const user = that_is(granted);
    auto const admin = that_is(forbidden);
    struct
    {
        char const* situation;
        access_spec access;
        verdict nobody_inside, nobody_outside, somebody_inside, somebody_outside;
    } const rows[] = {
        {"alone", lan, granted, forbidden, granted, forbidden},
        {"or signed in", access_of(kind::any_of, parts{lan, access_of(kind::authenticated)}), granted, unknown, granted, granted},
        {"or another role", access_of(kind::any_of, parts{lan, admin}), granted, unknown, granted, forbidden},
        {"and signed in", access_of(kind::all_of, parts{lan, user}), unknown, forbidden, granted, forbidden},
        {"and another role", access_of(kind::all_of, parts{admin, lan}), unknown, forbidden, forbidden, forbidden},
        {"two networks at once", access_of(kind::all_of, parts{lan, networks_of({"10.1.0.0/16"})}), granted, forbidden, granted,
         forbidden},
        {"with a recent login", recent(access_of(kind::any_of, parts{lan, user}), 15min), unknown, unknown, granted, granted},
        {"with one too old", recent(access_of(kind::any_of, parts{lan, user}), 5min), unknown, unknown, too_old, too_old},
    };
    auto const who = somebody();
    for (auto const& row : rows) {
        CAPTURE(row.situation);
        policies::access const made{row.access};
        CHECK(made.judge(nullptr, inside, now) == row.nobody_inside);
        CHECK(made.judge(nullptr, outside, now) == row.nobody_outside);
        CHECK(made.judge(&who, inside, now) == row.somebody_inside);
        CHECK(made.judge(&who, outside, now) == row.somebody_outside);
    }
}
