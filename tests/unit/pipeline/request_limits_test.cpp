#include "gateway/pipeline/request_limits.hpp"

#include "gateway/http/bodies/problem.hpp"
#include "gateway/limits/shared/shared_limiter.hpp"
#include "tests/support/fake_exchange.hpp"
#include "tests/support/run.hpp"
#include "tests/unit/limits/far_counters.hpp"
#include "tests/unit/pipeline/a_world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

using namespace yett;
using namespace yett::tests;
using pipeline::early_turn;
using pipeline::request_limits;
using namespace std::chrono_literals;
using key = limits::key_part::kind;

namespace {

constexpr auto an_hour = std::chrono::hours{1};

limits::limit_spec one_an_hour(std::string name, key by = key::client)
{
    return limits::named(std::move(name), limits::keyed(limits::a_limit(1, an_hour), {{by, {}}}));
}

limits::limit_spec reporting(limits::limit_spec spec)
{
    spec.report_only = true;
    return spec;
}

std::string request()
{
    return "GET /a HTTP/1.1\r\nHost: example.com\r\n\r\n";
}

// "allowed", or why not.
std::string came_of(result<void> const& spent)
{
    return spent ? "allowed" : std::string{name_of(spent.error().code())} + ": " + spent.error().note();
}

std::string spend_early(request_limits& limits, pipeline::request_context& context)
{
    fake_exchange ex{request()};
    return came_of(run(limits.spend(context.facts().limits.early, ex, context)));
}

std::string spend_late(request_limits& limits, pipeline::request_context& context)
{
    fake_exchange ex{request()};
    return came_of(run(limits.spend_late(ex, context)));
}

// The names of the limits, in the order they were spent in.
std::string spent_from(pipeline::request_context const& context)
{
    std::string from;
    for (auto const& admission : context.spending.admissions)
        for (auto const& state : admission.states()) from += (from.empty() ? "" : " ") + state.of->name();
    return from;
}

} // namespace

TEST_CASE("request limits: a rule without limits leaves nothing to settle")
{
    a_world world{{rule("free", "/**")}};
    request_limits limits{world.figures};
    auto context = world.at("free");
    CHECK(spend_early(limits, context) == "allowed");
    CHECK(context.spending.admissions.empty());
}

TEST_CASE("request limits: each admission is kept, counted by name, and a refusal is the last")
{
    a_world world{{limited(rule("a", "/**"), {"wide", "narrow"})},
                  {limits::named("wide", limits::a_limit(5, an_hour)), one_an_hour("narrow")}};
    request_limits limits{world.figures};
    auto first = world.at("a");
    CHECK(spend_early(limits, first) == "allowed");
    CHECK(first.spending.admissions.size() == 1);
    auto second = world.at("a");
    CHECK(spend_early(limits, second) == "rate_limited: the limit narrow");
    CHECK(second.spending.admissions.size() == 1);
    CHECK(second.spending.admissions.back().refused_by()->name() == "narrow");
    CHECK(world.counted("wide").allowed.value() == 2);
    CHECK(world.counted("narrow").allowed.value() == 1);
    CHECK(world.counted("narrow").refused.value() == 1);
}

TEST_CASE("request limits: one that only reports refuses nobody and says so")
{
    a_world world{{limited(rule("a", "/**"), {"told"})}, {reporting(one_an_hour("told"))}};
    request_limits limits{world.figures};
    auto first = world.at("a");
    CHECK(spend_early(limits, first) == "allowed");
    CHECK(!first.reported.not_enforced);
    auto second = world.at("a");
    CHECK(spend_early(limits, second) == "allowed");
    REQUIRE(second.reported.not_enforced.has_value());
    CHECK(*second.reported.not_enforced == errc::rate_limited);
    CHECK(second.reported.not_enforced->note() == "the limit told");
    CHECK(world.counted("told").refused.value() == 1);
}

TEST_CASE("request limits: by user, as soon as it is known who asks")
{
    a_world world{{limited(rule("a", "/**"), {"mine"})}, {one_an_hour("mine", key::user)}};
    request_limits limits{world.figures};
    struct row
    {
        char const* who;
        char const* outcome;
    };
    for (auto const& [who, outcome] :
         {row{"ada", "allowed"}, row{"ada", "rate_limited: the limit mine"}, row{"bob", "allowed"}}) {
        auto context = world.at("a");
        context.found.who = somebody(who);
        CHECK(spend_early(limits, context) == "allowed"); // nothing is spent before
        CHECK(spend_late(limits, context) == outcome);
    }
}

TEST_CASE("request limits: an API key brings its own, which is of the key alone")
{
    a_world world{{rule("a", "/**")}};
    request_limits limits{world.figures};
    auto const spend = [&](char const* token) {
        auto context = world.at("a");
        auto who = somebody("ada", "");
        who->token_id = token;
        who->requests_per_minute = 1;
        context.found.who = std::move(who);
        return spend_late(limits, context);
    };
    CHECK(spend("k1") == "allowed");
    CHECK(spend("k1") == "rate_limited: the limit api_key");
    CHECK(spend("k2") == "allowed");
    CHECK(world.counted("api_key").allowed.value() == 2);
    CHECK(world.counted("api_key").refused.value() == 1);
}

TEST_CASE("request limits: what counts by who was proved, an API key's own before the rule's")
{
    struct row
    {
        char const* what;
        unsigned own;
        std::vector<std::string> late;
        bool any;
        char const* from;
    };
    for (auto const& each : {row{"neither", 0, {}, false, ""}, row{"the rule's", 0, {"users"}, true, "users"},
                             row{"the key's", 5, {}, true, "api_key"}, row{"both", 5, {"users"}, true, "api_key users"}}) {
        INFO(std::string{each.what});
        a_world world{{limited(rule("a", "/**"), each.late)}, {one_an_hour("users", key::user)}};
        request_limits limits{world.figures};
        auto context = world.at("a");
        auto who = somebody("ada", "");
        who->token_id = "k1";
        who->requests_per_minute = each.own;
        context.found.who = std::move(who);
        CHECK(request_limits::has_late(context) == each.any);
        if (each.any) CHECK(spend_late(limits, context) == "allowed");
        CHECK(spent_from(context) == each.from);
    }
}

TEST_CASE("request limits: whose account it is decides what an attempt spends from")
{
    struct row
    {
        char const* what;
        char const* device;
        early_turn early;
        char const* from; // what was spent from
    };
    for (auto const& each : {row{"a stranger", "", early_turn::first, "strangers"},
                             row{"a stranger with a mark", "", early_turn::with_device, "client strangers"},
                             row{"a device that the account knows", "d1", early_turn::with_device, "devices"}}) {
        INFO(std::string{each.what});
        a_world world{{limited(endpoint("login"), {"client"})},
                      {one_an_hour("client"), one_an_hour("strangers", key::account), one_an_hour("devices", key::account)}};
        world.facts("login").account_limits = {world.world->limiter->named("strangers")};
        world.facts("login").device_limits = {world.world->limiter->named("devices")};
        request_limits limits{world.figures};
        auto context = world.at("login");
        context.spending.account = "ada@example.com";
        context.spending.device = each.device;
        context.spending.early = each.early;
        fake_exchange ex{request()};
        CHECK(came_of(run(limits.spend_for_account(ex, context))) == "allowed");
        CHECK(spent_from(context) == each.from);
    }
}

TEST_CASE("request limits: what a request gets back when it has ended")
{
    using pipeline::tally;
    struct row
    {
        char const* what;
        limits::counted_events counts;
        char const* rule;
        unsigned status;
        std::optional<error> why;
        bool comes_back;
        tally letter = tally::by_outcome;
    };
    auto const requests = limits::counted_events::requests;
    auto const failures = limits::counted_events::failures;
    auto const row_of = {
        row{"a request that went well counts as one", requests, "a", 200, {}, false},
        row{"and is no failure", failures, "a", 200, {}, true},
        row{"nor is a redirection", failures, "a", 302, {}, true},
        row{"what the application calls a failure is one", failures, "a", 404, {}, false},
        row{"what we refuse is one", failures, "a", 0, client_error(errc::unauthenticated), false},
        row{"at an application even what is our fault", failures, "a", 0, our_error(errc::storage_unavailable), false},
        row{"what found no room was never tried", failures, "a", 0, our_error(errc::overloaded), true},
        row{"also by a limit on requests", requests, "a", 0, our_error(errc::overloaded), true},
        row{"a wrong password is a guess", failures, "login", 0, client_error(errc::invalid_credentials), false},
        row{"a weak password is none", failures, "login", 0, client_error(errc::password_weak), true},
        row{"also by a limit on requests", requests, "login", 0, client_error(errc::password_weak), true},
        row{"a letter that was asked for counts though it went well", failures, "login", 202, {}, false, tally::always},
    };
    for (auto const& each : row_of) {
        INFO(std::string{each.what});
        auto spec = one_an_hour("one");
        spec.counts = each.counts;
        a_world world{{limited(rule("a", "/a"), {"one"}), limited(endpoint("login"), {"one"})}, {spec}};
        request_limits limits{world.figures};
        auto context = world.at(each.rule);
        context.spending.counts = each.letter;
        fake_exchange ex{request()};
        REQUIRE(came_of(run(limits.spend(context.facts().limits.early, ex, context))) == "allowed");
        http::reply reply;
        reply.status = each.status;
        if (each.status != 0) (void)run(http::send(ex, reply));
        limits.settle(ex, context, each.why ? &*each.why : nullptr);
        context.spending.admissions.clear(); // its loans end with it
        auto next = world.at(each.rule);
        CHECK((spend_early(limits, next) == "allowed") == each.comes_back);
    }
}

namespace {

// Two requests at a limit of one failure, the second of which has to wait for the first.
struct two_at_once
{
    two_at_once()
    {
        REQUIRE(came_of(run(limits.spend(first.facts().limits.early, first_ex, first))) == "allowed");
        boost::asio::co_spawn(io, limits.spend(second.facts().limits.early, second_ex, second),
                              [this](std::exception_ptr, result<void> spent) { came = came_of(spent); });
        io.poll();
        REQUIRE(!came.has_value());
    }
    void finish()
    {
        io.restart();
        io.run();
    }

    a_world world{{limited(rule("a", "/**"), {"one"})}, {limits::on_failures(one_an_hour("one"))}};
    request_limits limits{world.figures};
    fake_exchange first_ex{request()};
    fake_exchange second_ex{request()};
    pipeline::request_context first = world.at("a");
    pipeline::request_context second = world.at("a");
    boost::asio::io_context io{1};
    std::optional<std::string> came;
};

} // namespace

TEST_CASE("request limits: who finds all lent to others waits for their outcome, and goes on when they did well")
{
    two_at_once s;
    s.limits.settle(s.first_ex, s.first, nullptr);
    s.first.spending.admissions.clear();
    s.finish();
    CHECK(s.came == "allowed");
}

TEST_CASE("request limits: and is refused when they failed")
{
    two_at_once s;
    error const why = client_error(errc::unauthenticated);
    s.limits.settle(s.first_ex, s.first, &why);
    s.first.spending.admissions.clear();
    s.finish();
    CHECK(s.came == "rate_limited: the limit one");
    CHECK(!s.second.spending.admissions.back().held_by_inflight());
}

TEST_CASE("request limits: nobody waits for a client that has gone")
{
    two_at_once s;
    s.second_ex.leave();
    s.finish();
    CHECK(s.came == "rate_limited: the limit one");
    // It was never tried: the refusal takes nothing from anybody.
    CHECK(s.second.spending.admissions.back().held_by_inflight());
}

namespace {

// One node of a fleet, and the counters that it asks.
struct a_node
{
    explicit a_node(a_world& of) : limits{of.figures, &shared} {}

    yett::limits::far_counters far;
    std::atomic<unsigned> nodes{3};
    yett::limits::shared_limiter shared{far, nodes, {}};
    request_limits limits;
};

a_world of_three_lists(std::uint32_t amount = 5)
{
    auto const by = [&](char const* name, key what) {
        return limits::named(name, limits::keyed(limits::a_limit(amount, an_hour), {{what, {}}}));
    };
    return a_world{{limited(rule("a", "/**"), {"clients", "users"}), limited(rule("client", "/client"), {"clients"})},
                   {by("clients", key::client), by("users", key::user)}};
}

std::shared_ptr<identity> by_key(unsigned requests_per_minute)
{
    auto who = somebody("ada", "");
    who->token_id = "k1";
    who->requests_per_minute = requests_per_minute;
    return who;
}

pipeline::credential api_key()
{
    pipeline::credential shown;
    shown.token = "yk1_of_a_test";
    return shown;
}

} // namespace

TEST_CASE("request limits: what is known at one time is one question to who counts elsewhere")
{
    auto world = of_three_lists();
    a_node node{world};
    auto context = world.at("a");
    fake_exchange ex{request()};
    REQUIRE(node.limits.may_put_off_early(ex, context));
    CHECK(node.far.asked == 0);
    context.spending.early = early_turn::with_identity;
    context.found.who = by_key(5);
    CHECK(spend_late(node.limits, context) == "allowed");
    CHECK(spent_from(context) == "clients api_key users");
    CHECK(context.spending.admissions.size() == 3);
    CHECK(node.far.asked == 1);
}

TEST_CASE("request limits: of an account, too, for who comes with a mark")
{
    a_world world{{limited(endpoint("login"), {"client"})}, {one_an_hour("client"), one_an_hour("strangers", key::account)}};
    world.facts("login").account_limits = {world.world->limiter->named("strangers")};
    a_node node{world};
    auto context = world.at("login");
    context.spending.early = early_turn::with_device;
    context.spending.account = "ada@example.com";
    fake_exchange ex{request()};
    CHECK(came_of(run(node.limits.spend_for_account(ex, context))) == "allowed");
    CHECK(spent_from(context) == "client strangers");
    CHECK(node.far.asked == 1);
}

TEST_CASE("request limits: early ones are put off only where others may follow and nothing speaks against it")
{
    struct row
    {
        char const* what;
        char const* rule;
        early_turn early;
        bool shows_api_key;
        bool away;
        bool put_off;
    };
    for (auto const& each : {row{"there are late ones", "a", early_turn::first, false, false, true},
                             row{"there are none", "client", early_turn::first, false, false, false},
                             row{"an API key may bring some", "client", early_turn::first, true, false, true},
                             row{"they wait for the device already", "a", early_turn::with_device, false, false, false},
                             row{"the share is what counts", "a", early_turn::first, false, true, false}}) {
        INFO(std::string{each.what});
        auto world = of_three_lists();
        a_node node{world};
        node.far.away = each.away;
        auto before = world.at("a");
        if (each.away) REQUIRE(spend_early(node.limits, before) == "allowed");
        auto context = world.at(each.rule);
        context.spending.early = each.early;
        if (each.shows_api_key) context.found.shown = api_key();
        fake_exchange ex{request()};
        CHECK(node.limits.may_put_off_early(ex, context) == each.put_off);
        request_limits alone{world.figures};
        CHECK_FALSE(alone.may_put_off_early(ex, context));
    }
}

TEST_CASE("request limits: nobody looks at what a client shows who was just refused")
{
    auto world = of_three_lists(1);
    a_node node{world};
    auto first = world.at("a");
    REQUIRE(spend_early(node.limits, first) == "allowed");
    auto second = world.at("a");
    REQUIRE(spend_early(node.limits, second) == "rate_limited: the limit clients");
    auto third = world.at("a");
    fake_exchange ex{request()};
    CHECK_FALSE(node.limits.may_put_off_early(ex, third));
    CHECK(spend_early(node.limits, third) == "rate_limited: the limit clients");
    CHECK(node.far.asked == 2);
}

TEST_CASE("request limits: early ones that were put off are spent, whoever it is")
{
    struct row
    {
        char const* what;
        char const* rule;
        std::shared_ptr<identity> who;
        char const* from;
    };
    for (auto const& each : {row{"nobody", "a", nullptr, "clients users"}, row{"a user", "a", somebody("ada"), "clients users"},
                             row{"a key without a limit of its own", "client", by_key(0), "clients"}}) {
        INFO(std::string{each.what});
        auto world = of_three_lists();
        a_node node{world};
        auto context = world.at(each.rule);
        context.spending.early = early_turn::with_identity;
        context.found.who = each.who;
        REQUIRE(request_limits::has_late(context));
        CHECK(spend_late(node.limits, context) == "allowed");
        CHECK(spent_from(context) == each.from);
    }
}

TEST_CASE("request limits: the list that has no room yet is asked again, and no list before it")
{
    a_world world{
        {limited(rule("a", "/**"), {"clients", "guesses"})},
        {limits::named("clients", limits::a_limit(9, an_hour)), limits::on_failures(one_an_hour("guesses", key::user))}};
    request_limits limits{world.figures};
    fake_exchange ex{request()}, other{request()};
    auto first = world.at("a"), second = world.at("a");
    first.found.who = second.found.who = somebody("ada");
    first.spending.early = second.spending.early = early_turn::with_identity;
    REQUIRE(came_of(run(limits.spend_late(ex, first))) == "allowed");
    boost::asio::io_context io{1};
    std::optional<std::string> came;
    boost::asio::co_spawn(io, limits.spend_late(other, second),
                          [&](std::exception_ptr, result<void> spent) { came = came_of(spent); });
    io.poll();
    REQUIRE(!came.has_value());
    limits.settle(ex, first, nullptr);
    first.spending.admissions.clear();
    io.restart();
    io.run();
    CHECK(came == "allowed");
    CHECK(spent_from(second) == "clients guesses");
    CHECK(world.counted("clients").allowed.value() == 2);
}
