#include "gateway/pipeline/request_log.hpp"

#include "gateway/http/bodies/glimpse.hpp"
#include "gateway/http/bodies/problem.hpp"
#include "gateway/pipeline/unlisted_proxy.hpp"
#include "gateway/telemetry/log.hpp"
#include "tests/support/fake_exchange.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/pipeline/a_world.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fstream>

using namespace yett;
using namespace yett::tests;

namespace {

struct scene
{
    explicit scene(std::vector<policies::route_spec> rules = {rule("app", "/**")}) : world{std::move(rules)} {}

    // The members of the line that was written last, one after the other.
    std::string line(std::initializer_list<char const*> members)
    {
        sink->flush();
        std::ifstream in{folder.file("access.log")};
        std::string last;
        for (std::string each; std::getline(in, each);) last = each;
        auto const all = boost::json::parse(last).as_object();
        std::string told;
        for (auto const* name : members) {
            if (!told.empty()) told += ' ';
            auto const* value = all.if_contains(name);
            told += !value ? "-" : value->is_string() ? std::string{value->as_string()} : boost::json::serialize(*value);
        }
        return told;
    }

    a_world world;
    temporary_folder folder;
    std::unique_ptr<telemetry::log_sink> sink = *telemetry::log_sink::open(folder.file("access.log"));
    telemetry::log log;
    pipeline::unlisted_proxy unlisted;
    pipeline::request_log requests{{world.figures, telemetry::access_log{*sink, telemetry::line_format::json}, log, unlisted}};
    fake_exchange ex{"GET /a?b=c HTTP/1.1\r\nHost: example.com\r\nUser-Agent: a test\r\n\r\n"};
};

} // namespace

TEST_CASE("request log: how a request fared, in the line and in the counters")
{
    using telemetry::policy_decision;
    struct row
    {
        char const* what;
        bool route;
        bool proved;
        std::optional<errc> refused; // the credential
        std::optional<error> not_enforced;
        std::optional<error> why;
        char const* line; // auth, its reason, the decision, the error
        std::optional<policy_decision> counted;
    };
    auto const forbidden = client_error(errc::forbidden);
    auto const limited = client_error(errc::rate_limited);
    for (auto const& each : {
             row{"nobody, let in", true, false, {}, {}, {}, "none - permitted -", policy_decision::permitted},
             row{"somebody, let in", true, true, {}, {}, {}, "ok - permitted -", policy_decision::permitted},
             row{"a rule refuses nobody",
                 true,
                 false,
                 {},
                 {},
                 client_error(errc::unauthenticated),
                 "none - refused unauthenticated",
                 policy_decision::unauthenticated},
             row{"a rule refuses somebody", true, true, {}, {}, forbidden, "ok - refused forbidden", policy_decision::forbidden},
             row{"the login is too old",
                 true,
                 true,
                 {},
                 {},
                 client_error(errc::recent_login_required),
                 "ok - refused recent_login_required",
                 policy_decision::recent_login},
             row{"a credential does not hold",
                 true,
                 false,
                 errc::token_expired,
                 {},
                 client_error(errc::token_expired),
                 "refused token_expired refused unauthenticated",
                 {}},
             row{"a limit refuses", true, false, {}, {}, limited, "none - limited rate_limited", {}},
             row{"a credential could not be looked at",
                 true,
                 false,
                 errc::rate_limited,
                 {},
                 limited,
                 "refused rate_limited limited rate_limited",
                 {}},
             row{"a rule only reports", true, true, {}, forbidden, {}, "ok - report_only -", policy_decision::permitted},
             row{"let in, and the application failed",
                 true,
                 true,
                 {},
                 {},
                 upstream_error(errc::upstream_broken),
                 "ok - permitted upstream_unavailable",
                 {}},
             row{"let in, and the client went away",
                 true,
                 true,
                 {},
                 {},
                 client_error(errc::peer_broke_off),
                 "ok - permitted -",
                 {}},
             row{"no rule", false, false, {}, {}, client_error(errc::no_such_route), "none - - no_such_route", {}},
         }) {
        INFO(std::string{each.what});
        scene s;
        auto context = s.world.at("app");
        if (!each.route) context.found.route = nullptr;
        if (each.proved) context.found.who = somebody("ada");
        context.reported.credential_refused = each.refused;
        context.reported.not_enforced = each.not_enforced;
        s.requests.note(s.ex, context, each.why ? &*each.why : nullptr);
        CHECK(s.line({"auth", "auth_reason", "decision", "error"}) == each.line);
        auto const& route = s.world.figures.routes[each.route ? s.world.facts("app").slot : telemetry::metrics::no_route];
        for (auto const known : {policy_decision::permitted, policy_decision::unauthenticated, policy_decision::forbidden,
                                 policy_decision::recent_login})
            CHECK(route.decisions[known].value() == (known == each.counted ? 1 : 0));
        CHECK(route.report_only.value() == (each.not_enforced ? 1 : 0));
    }
}

TEST_CASE("request log: what a line says of the request, the client and the application")
{
    scene s;
    auto context = s.world.at("app");
    context.found.who = somebody("ada", "s1");
    context.reported.upstream.server = "127.0.0.1:8080";
    context.reported.upstream.status = 201;
    http::reply reply;
    reply.status = 201;
    (void)run(http::send(s.ex, reply));
    s.requests.note(s.ex, context, nullptr);
    CHECK(s.line({"request_id", "client_ip", "method", "host", "path", "protocol"}) ==
          "an id 192.0.2.7 GET example.com /a HTTP/1.1");
    CHECK(s.line({"status", "route", "sub", "sid", "upstream", "upstream_status", "user_agent"}) ==
          "201 app ada s1 127.0.0.1:8080 201 a test");
}

TEST_CASE("request log: what was not looked at is counted, by the request")
{
    scene s;
    auto context = s.world.at("app");
    s.requests.note(s.ex, context, nullptr);
    CHECK(s.world.figures.verifications_refused.value() == 0);
    context.reported.credential_refused = errc::rate_limited;
    auto const limited = client_error(errc::rate_limited, "the limit verifications");
    s.requests.note(s.ex, context, &limited);
    CHECK(s.world.figures.verifications_refused.value() == 1);
    CHECK(s.line({"decision", "cause"}) == "limited the limit verifications");
}

TEST_CASE("request log: operations of accounts are counted by how they ended")
{
    using telemetry::account_operation;
    using telemetry::account_outcome;
    struct row
    {
        char const* endpoint;
        std::optional<error> why;
        account_operation operation;
        account_outcome outcome;
    };
    for (auto const& each : {
             row{"login", {}, account_operation::login, account_outcome::ok},
             row{"login", client_error(errc::invalid_credentials), account_operation::login, account_outcome::refused},
             row{"login", client_error(errc::rate_limited), account_operation::login, account_outcome::limited},
             row{"login", our_error(errc::storage_unavailable), account_operation::login, account_outcome::failed},
             row{"verify_link", {}, account_operation::verify, account_outcome::ok},
             row{"delete_account", {}, account_operation::me, account_outcome::ok},
             row{"account", {}, account_operation::sessions, account_outcome::ok},
             row{"remove_api_key", {}, account_operation::api_keys, account_outcome::ok},
         }) {
        CAPTURE(each.endpoint);
        scene s{{endpoint(each.endpoint)}};
        s.requests.note(s.ex, s.world.at(each.endpoint), each.why ? &*each.why : nullptr);
        CHECK(s.world.figures.accounts[each.operation][each.outcome].value() == 1);
    }
}

TEST_CASE("request log: the first proxy that nobody listed is told once, and counted each time")
{
    scene s;
    auto context = s.world.at("app");
    context.asked.from.unlisted = true;
    s.requests.note(s.ex, context, nullptr);
    s.requests.note(s.ex, context, nullptr);
    CHECK(s.world.figures.forwarding_untrusted.value() == 2);
    CHECK(s.unlisted.advice().find("192.0.2.7") != std::string::npos);
}

TEST_CASE("request log: bytes that never became a request have a line of their own")
{
    scene s;
    pipeline::asked_request request;
    request.now = wall_now();
    request.request_id = "an id";
    auto const why = client_error(errc::header_too_large, "65537 bytes");
    s.requests.note_refusal(fake_exchange::local_peer(), why, http::glimpse_of("GET /yl1_secret HTTP/1.1\r\nHost: h\r\n"),
                            request);
    CHECK(s.line({"request_id", "client_ip", "method", "path", "status", "error", "cause", "decision"}) ==
          "an id 192.0.2.7 GET /{token} 431 header_too_large 65537 bytes -");
    CHECK(s.world.figures.framing_refusals[errc::header_too_large].value() == 1);
}
