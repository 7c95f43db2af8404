#include "gateway/limits/limiter.hpp"

#include "tests/unit/limits/limits.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <thread>

using namespace yett;
using namespace yett::limits;
using namespace std::chrono_literals;
using kind = key_part::kind;

namespace {

std::shared_ptr<memory_counters> in_memory()
{
    return std::make_shared<memory_counters>(options_of(8u << 20));
}

subject from(std::string_view address)
{
    subject who;
    who.client = network::of(address);
    return who;
}

// Spends once from the limit of that name.
limit_result spend(limiter const& l, char const* name, subject const& who, steady_time now)
{
    std::vector<limit const*> const one{l.named(name)};
    REQUIRE(one.front() != nullptr);
    return l.spend(one, who, now);
}

// Whether two callers share the counter of a limit of one.
bool share(std::vector<key_part> keys, subject const& a, subject const& b)
{
    limiter const l{in_memory(), {named("one", keyed(a_limit(1, 1min), std::move(keys)))}};
    REQUIRE(spend(l, "one", a, at(0s)).allowed());
    return !spend(l, "one", b, at(0s)).allowed();
}

} // namespace

TEST_CASE("limiter: the built-in limits are there and can be replaced by name")
{
    limiter const plain{in_memory(), {}};
    for (auto const* name : {"login", "register", "refresh", "reset", "verify"}) CHECK(plain.named(name)->amount() == 5);
    CHECK(plain.named("other") == nullptr);
    limiter const changed{in_memory(), {named("login", a_limit(7, 1min))}};
    CHECK(changed.named("login")->amount() == 7);
    CHECK(changed.named("reset")->amount() == 5);
}

TEST_CASE("limiter: bad specs and double names do not start")
{
    CHECK_THROWS_AS((limiter{in_memory(), {a_limit(0, 1s)}}), std::invalid_argument);
    CHECK_THROWS_AS((limiter{in_memory(), {a_limit(1, 1s), a_limit(2, 1s)}}), std::invalid_argument);
}

TEST_CASE("limiter: names are resolved once, in order, split by what needs the identity")
{
    auto const per_user = named("per_user", keyed(a_limit(5, 1s), {{kind::user, ""}}));
    limiter const l{in_memory(), {per_user, named("a", a_limit(5, 1s)), named("b", a_limit(5, 1s))}};
    std::vector<std::string> const names{"b", "per_user", "a"};
    auto const resolved = l.resolve(names);
    REQUIRE(resolved.has_value());
    REQUIRE(resolved->early.size() == 2);
    CHECK(resolved->early[0]->name() == "b");
    CHECK(resolved->early[1]->name() == "a");
    REQUIRE(resolved->late.size() == 1);
    CHECK_FALSE(resolved->empty());
    CHECK(l.resolve({})->empty());

    std::vector<std::string> const unknown{"a", "nope"};
    CHECK(l.resolve(unknown).error().code() == errc::not_found);
    CHECK(l.resolve(unknown).error().note() == "there is no limit named nope");
    std::vector<std::string> const many(most_limits + 1, "a");
    CHECK(l.resolve(many).error().code() == errc::conflict);
}

TEST_CASE("limiter: whose requests are counted together")
{
    auto const with = [](subject who, auto change) {
        change(who);
        return who;
    };
    auto const a = from("192.0.2.1"), b = from("192.0.2.2");
    auto const ann = with(a, [](subject& s) {
        s.user = "ann";
        s.account = "Ann@Example.com";
        s.token = "t1";
        s.route = 3;
    });
    auto const moved = with(b, [](subject& s) {
        s.user = "ann";
        s.account = "ann@example.COM";
        s.token = "t1";
        s.route = 3;
    });
    auto const bob = with(a, [](subject& s) {
        s.user = "bob";
        s.account = "bob@example.com";
        s.token = "t2";
        s.route = 4;
    });

    CHECK(share({{kind::client, ""}}, a, a));
    CHECK_FALSE(share({{kind::client, ""}}, a, b));
    CHECK(share({{kind::client, ""}}, from("2001:db8::1"), from("2001:db8::2")));
    CHECK_FALSE(share({{kind::client, ""}}, from("2001:db8::1"), from("2001:db8:0:1::1")));
    CHECK(share({{kind::client, ""}}, from("192.0.2.1"), from("::ffff:192.0.2.1")));
    for (auto const is : {kind::user, kind::account, kind::token, kind::route}) {
        CHECK(share({{is, ""}}, ann, moved));
        CHECK_FALSE(share({{is, ""}}, ann, bob));
        CHECK_FALSE(share({{is, ""}, {kind::client, ""}}, ann, moved));
    }
}

TEST_CASE("limiter: a part that is missing is replaced by the client")
{
    for (auto const is : {kind::user, kind::account, kind::token}) {
        CHECK(share({{is, ""}}, from("192.0.2.1"), from("192.0.2.1")));
        CHECK_FALSE(share({{is, ""}}, from("192.0.2.1"), from("192.0.2.2")));
    }
    CHECK_FALSE(share({{kind::header, "X-Key"}}, from("192.0.2.1"), from("192.0.2.2")));
}

TEST_CASE("limiter: a device that the account knows has a share of its own of what counts accounts")
{
    auto const at_device = [](std::string_view device, std::string_view account = "ann@example.com") {
        auto who = from("192.0.2.1");
        who.account = account;
        who.device = device;
        return who;
    };
    std::vector<key_part> const by_account{{kind::account, ""}};
    CHECK_FALSE(share(by_account, at_device(""), at_device("d1")));
    CHECK_FALSE(share(by_account, at_device("d1"), at_device("d2")));
    CHECK(share(by_account, at_device("d1"), at_device("d1")));
    CHECK_FALSE(share(by_account, at_device("d1"), at_device("d1", "bob@example.com")));
    CHECK(share({{kind::client, ""}}, at_device(""), at_device("d1"))); // nothing else
}

TEST_CASE("limiter: one that reports only lets everybody through and says whom it would have refused")
{
    auto trial = named("trial", a_limit(2, 1min));
    trial.report_only = true;
    limiter const l{in_memory(), {trial, named("real", a_limit(5, 1min))}};
    std::vector<limit const*> const both{l.named("trial"), l.named("real")};
    auto const who = from("192.0.2.1");
    for (int i = 0; i < 5; ++i) {
        auto const passed = l.spend(both, who, at(0s));
        CHECK(passed.allowed());
        CHECK((passed.reported_by() == l.named("trial")) == (i >= 2));
        REQUIRE(passed.states().size() == 2);
        CHECK(passed.states()[0].over == (i >= 2));
    }
    auto const refused = l.spend(both, who, at(0s));
    CHECK_FALSE(refused.allowed());
    CHECK(refused.refused_by() == l.named("real"));
    CHECK(refused.reported_by() == nullptr);
}

TEST_CASE("limiter: one that reports only gives back what it counted and nothing else (siblings: failures, loans)")
{
    auto trial = on_failures(named("trial", a_limit(1, 1min)));
    trial.report_only = true;
    limiter const l{in_memory(), {trial}};
    auto const who = from("192.0.2.1");
    auto const first = spend(l, "trial", who, at(0s));
    auto const second = spend(l, "trial", who, at(1s));
    CHECK(second.allowed());
    CHECK_FALSE(second.held_by_inflight()); // nobody waits for it
    l.succeeded(second, who, at(2s));
    CHECK(spend(l, "trial", who, at(3s)).reported_by() != nullptr);
    l.succeeded(first, who, at(4s));
    CHECK(spend(l, "trial", who, at(5s)).reported_by() == nullptr);
}

TEST_CASE("limiter: a header can be a key")
{
    auto const sending = [](std::string value) {
        auto who = from("192.0.2.1");
        who.header = [value](std::string_view name) { return name == "X-Key" ? std::string_view{value} : std::string_view{}; };
        return who;
    };
    CHECK(share({{kind::header, "X-Key"}}, sending("k1"), sending("k1")));
    CHECK_FALSE(share({{kind::header, "X-Key"}}, sending("k1"), sending("k2")));
    CHECK(share({{kind::header, "X-Other"}}, sending("k1"), sending("k2")));
    CHECK_FALSE(share({{kind::header, "X-Key"}}, sending(std::string(9000, 'a')), sending(std::string(9000, 'a') + "b")));
}

TEST_CASE("limiter: parts of a key do not run into each other")
{
    auto const pair = [](std::string_view user, std::string_view token) {
        auto who = from("192.0.2.1");
        who.user = user;
        who.token = token;
        return who;
    };
    CHECK_FALSE(share({{kind::user, ""}, {kind::token, ""}}, pair("a", "bc"), pair("ab", "c")));
    CHECK(share({{kind::user, ""}, {kind::token, ""}}, pair("a", "bc"), pair("a", "bc")));
}

TEST_CASE("limiter: when one limit refuses, the others get back what was spent")
{
    limiter const l{in_memory(), {named("wide", a_limit(3, 1min)), named("narrow", a_limit(1, 1min, counting_algorithm::gcra))}};
    std::vector<limit const*> const both{l.named("wide"), l.named("narrow")};
    auto const who = from("192.0.2.1");
    CHECK(l.spend(both, who, at(0s)).allowed());
    for (int i = 0; i < 10; ++i) {
        auto const refused = l.spend(both, who, at(0s));
        CHECK_FALSE(refused);
        CHECK(refused.refused_by() == l.named("narrow"));
        CHECK(refused.retry_after() == 1min);
        REQUIRE(refused.states().size() == 2);
        CHECK(refused.states().back().of == l.named("narrow"));
    }
    CHECK(spend(l, "wide", who, at(0s)).states().front().remaining == 1);
}

TEST_CASE("limiter: five wrong guesses are refused from then on, and successes do not count")
{
    limiter const l{in_memory(), {}};
    auto const who = from("192.0.2.1");
    for (int i = 0; i < 50; ++i) {
        auto const right = spend(l, "login", who, at(1s * i));
        REQUIRE(right.allowed());
        l.succeeded(right, who, at(1s * i));
    }
    for (int i = 0; i < 5; ++i) REQUIRE(spend(l, "login", who, at(1min + 1s * i)).allowed());
    auto const sixth = spend(l, "login", who, at(2min));
    CHECK_FALSE(sixth.allowed());
    CHECK(sixth.retry_after() == 14min);
    l.succeeded(sixth, who, at(2min));
    l.give_back(sixth, who, at(2min));
    CHECK_FALSE(spend(l, "login", who, at(2min)).allowed());
    CHECK(spend(l, "login", from("192.0.2.2"), at(2min)).allowed());
    CHECK(spend(l, "login", who, at(16min)).allowed());
}

TEST_CASE("limiter: a limit full of requests under way is told from one full of failures")
{
    limiter const l{in_memory(), {}};
    auto const who = from("192.0.2.1");
    for (int i = 0; i < 3; ++i) REQUIRE(spend(l, "login", who, at(0s)).allowed());
    std::vector<limit_result> under_way;
    for (int i = 0; i < 2; ++i) under_way.push_back(spend(l, "login", who, at(1s)));
    auto const early = spend(l, "login", who, at(2s));
    CHECK_FALSE(early.allowed());
    CHECK(early.held_by_inflight());
    CHECK(early.retry_after_seconds() == 1s);
    CHECK_FALSE(spend(l, "refresh", who, at(2s)).held_by_inflight());
    CHECK(spend(l, "login", from("192.0.2.2"), at(2s)).allowed());

    l.succeeded(under_way.back(), who, at(3s));
    under_way.pop_back();
    auto const next = spend(l, "login", who, at(3s));
    CHECK(next.allowed());
    CHECK_FALSE(next.held_by_inflight());
    CHECK(spend(l, "login", who, at(4s)).held_by_inflight());
}

TEST_CASE("limiter: what failures have filled is no loan")
{
    limiter const l{in_memory(), {}};
    auto const who = from("192.0.2.1");
    {
        std::vector<limit_result> under_way;
        for (int i = 0; i < 5; ++i) under_way.push_back(spend(l, "login", who, at(0s)));
        CHECK(spend(l, "login", who, at(1s)).held_by_inflight());
        while (under_way.size() > 1) under_way.pop_back();
        CHECK(spend(l, "login", who, at(1s)).held_by_inflight());
    }
    auto const refused = spend(l, "login", who, at(1s));
    CHECK_FALSE(refused.allowed());
    CHECK_FALSE(refused.held_by_inflight());
    CHECK(refused.retry_after() == 15min - 1s);
}

TEST_CASE("limiter: a request that outlasts the limit's period is no loan any longer")
{
    limiter const l{in_memory(), {}};
    auto const who = from("192.0.2.1");
    auto const stream = spend(l, "login", who, at(0s));
    REQUIRE(stream.allowed());
    for (int i = 0; i < 5; ++i) REQUIRE(spend(l, "login", who, at(15min)).allowed());
    CHECK_FALSE(spend(l, "login", who, at(16min)).held_by_inflight());
    CHECK(spend(l, "login", who, at(16min)).retry_after() == 14min);
}

TEST_CASE("limiter: limits on requests lend nothing, and a refused list none of its loans")
{
    limiter const l{in_memory(), {named("narrow", a_limit(1, 1min))}};
    auto const who = from("192.0.2.1");
    auto const one = spend(l, "narrow", who, at(0s));
    CHECK_FALSE(spend(l, "narrow", who, at(0s)).held_by_inflight());
    std::vector<limit const*> const both{l.named("login"), l.named("narrow")};
    auto const refused = l.spend(both, who, at(0s));
    CHECK_FALSE(refused.held_by_inflight());
    for (int i = 0; i < 5; ++i) CHECK(spend(l, "login", who, at(0s)).allowed());
    CHECK_FALSE(spend(l, "login", who, at(0s)).held_by_inflight());
}

TEST_CASE("limiter: as long as everybody succeeds, whoever is refused is refused for loans")
{
    limiter const l{in_memory(), {on_failures(named("one", a_limit(1, 1min)))}};
    std::vector<limit const*> const one{l.named("one")};
    auto const who = from("192.0.2.1");
    std::atomic<int> wronged = 0;
    auto const come_and_go = [&] {
        for (int i = 0; i < 50'000; ++i) {
            auto const mine = l.spend(one, who, at(0s));
            if (mine.allowed()) l.succeeded(mine, who, at(0s));
            else if (!mine.held_by_inflight()) ++wronged;
        }
    };
    {
        std::vector<std::jthread> crowd;
        for (int i = 0; i < 4; ++i) crowd.emplace_back(come_and_go);
    }
    CHECK(wronged.load() == 0);
    CHECK(spend(l, "one", who, at(0s)).allowed());
}

TEST_CASE("limiter: success gives back to limits on failures alone, a request that was shed to all")
{
    limiter const l{in_memory(), {}};
    std::vector<limit const*> const both{l.named("login"), l.named("register")};
    auto const who = from("192.0.2.1");
    auto const done = l.spend(both, who, at(0s));
    l.succeeded(done, who, at(0s));
    auto const shed = l.spend(both, who, at(0s));
    CHECK(shed.states()[0].remaining == 4);
    CHECK(shed.states()[1].remaining == 3);
    l.give_back(shed, who, at(0s));
    auto const next = l.spend(both, who, at(0s));
    CHECK(next.states()[0].remaining == 4);
    CHECK(next.states()[1].remaining == 3);
}

TEST_CASE("limiter: a reload keeps what was counted for limits that did not change")
{
    auto const counting = in_memory();
    auto const who = from("192.0.2.1");
    limiter const before{counting, {named("kept", a_limit(1, 1min)), named("changed", a_limit(1, 1min))}};
    CHECK(spend(before, "kept", who, at(0s)).allowed());
    CHECK(spend(before, "changed", who, at(0s)).allowed());
    limiter const after{counting, {named("kept", a_limit(1, 1min)), named("changed", a_limit(2, 1min))}};
    CHECK_FALSE(spend(after, "kept", who, at(1s)).allowed());
    CHECK(spend(after, "changed", who, at(1s)).allowed());
}

TEST_CASE("limiter: a share of a limit refuses where the share ends, and takes back what it gave")
{
    struct row
    {
        unsigned nodes;
        std::uint32_t amount;
        int passes;
    };
    auto const who = from("192.0.2.1");
    for (auto const& each : {row{1, 5, 5}, row{2, 5, 2}, row{3, 100, 33}, row{5, 5, 1}, row{9, 5, 1}, row{0, 4, 4}}) {
        for (auto const how : {counting_algorithm::window, counting_algorithm::gcra}) {
            CAPTURE(each.nodes);
            limiter const l{in_memory(), {named("a", a_limit(each.amount, 1min, how))}};
            std::vector<limit const*> const one{l.named("a")};
            for (int i = 0; i < each.passes; ++i) REQUIRE(l.spend_share(one, who, at(0s), each.nodes).allowed());
            auto const refused = l.spend_share(one, who, at(0s), each.nodes);
            CHECK(refused.refused_by() == l.named("a"));
            CHECK(refused.place() == counting_place::share);
            CHECK(rate_limit_policy_field(refused).starts_with("\"a\";q=" + std::to_string(each.amount)));
        }
    }
    limiter const l{in_memory(), {on_failures(named("a", a_limit(2, 1min)))}};
    std::vector<limit const*> const one{l.named("a")};
    auto const passed = l.spend_share(one, who, at(0s), 2);
    CHECK(l.spend_share(one, who, at(1s), 2).held_by_inflight());
    l.succeeded(passed, who, at(1s));
    CHECK(l.spend_share(one, who, at(1s), 2).allowed());
}

TEST_CASE("limiter: an empty list allows")
{
    limiter const l{in_memory(), {}};
    auto const a = l.spend({}, from("192.0.2.1"), at(0s));
    CHECK(a.allowed());
    CHECK(rate_limit_field(a).empty());
    CHECK(a.retry_after_seconds() == 1s);
}

TEST_CASE("limiter: RateLimit fields tell of announced limits")
{
    auto per_user = named("per_user", a_limit(100, 1s, counting_algorithm::gcra));
    per_user.burst = 200;
    limiter const l{in_memory(), {per_user, named("daily", a_limit(2, 24h))}};
    std::vector<limit const*> const all{l.named("per_user"), l.named("login"), l.named("daily")};
    auto const a = l.spend(all, from("192.0.2.1"), at(0s));
    CHECK(rate_limit_field(a) == "\"per_user\";r=199;t=1, \"daily\";r=1;t=86400");
    CHECK(rate_limit_policy_field(a) == "\"per_user\";q=100;w=1, \"daily\";q=2;w=86400");
    (void)l.spend(all, from("192.0.2.1"), at(1500ms));
    auto const refused = l.spend(all, from("192.0.2.1"), at(1600ms));
    CHECK(refused.retry_after_seconds() == 86399s);
    CHECK(rate_limit_field(refused).ends_with("\"daily\";r=0;t=86400"));
}
