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
    }
    return {};
}

verdict verdict_of(access_spec const& spec)
{
    return policies::access{spec}.judge(somebody(), now);
}

constexpr auto granted = verdict::granted;
constexpr auto forbidden = verdict::forbidden;
constexpr auto too_old = verdict::login_too_old;

// The rule as the documentation has it, told anew: without word sets, and without leaving a list early.
verdict model(access_spec const& spec, identity const& who)
{
    auto const holds = [](words const& list, std::string const& word) { return std::ranges::find(list, word) != list.end(); };
    auto passes = forbidden;
    if (spec.is == kind::roles)
        for (auto const& role : who.roles) passes = holds(spec.values, role) ? granted : passes;
    if (spec.is == kind::users && holds(spec.values, who.subject)) passes = granted;
    if (spec.is == kind::scopes) {
        passes = granted;
        for (auto const& scope : spec.values) passes = holds(who.scopes, scope) ? passes : forbidden;
    }
    if (spec.is == kind::authenticated) passes = granted;
    if (spec.is == kind::any_of || spec.is == kind::all_of) {
        std::size_t of[3]{};
        for (auto const& part : spec.parts) ++of[static_cast<std::size_t>(model(part, who))];
        auto const good = of[static_cast<std::size_t>(granted)];
        auto const bad = of[static_cast<std::size_t>(forbidden)];
        auto const all = spec.parts.size();
        if (spec.is == kind::any_of) passes = good > 0 ? granted : bad == all ? forbidden : too_old;
        else passes = bad > 0 ? forbidden : good == all ? granted : too_old;
    }
    if (passes != granted || !spec.recent_login) return passes;
    return now - who.authenticated_at <= *spec.recent_login ? granted : too_old;
}

// Any condition at all, at most so deep.
access_spec some_spec(std::mt19937_64& random, int depth)
{
    constexpr kind flat[] = {kind::authenticated, kind::roles, kind::scopes, kind::users};
    words const names[] = {{"user"}, {"admin"}, {"user", "admin"}, {"read"}, {"write", "read"}, {"u1"}, {"u2", "u1"}};
    access_spec spec;
    if (depth > 0 && random() % 2 == 0) {
        spec.is = random() % 2 == 0 ? kind::any_of : kind::all_of;
        for (auto left = 1 + random() % 3; left > 0; --left) spec.parts.push_back(some_spec(random, depth - 1));
    } else {
        spec.is = flat[random() % std::size(flat)];
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
        REQUIRE(made.judge(somebody(), now) == model(spec, somebody()));
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
        auto const until = policies::access{spec}.granted_until(somebody(), now);
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
    auto const last = fresh.granted_until(somebody(), now);
    REQUIRE(last);
    CHECK(fresh.judge(somebody(), *last) == granted);
    CHECK(fresh.judge(somebody(), *last + 1ms) == too_old);
}
