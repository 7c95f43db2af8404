#include "gateway/pipeline/log_cause.hpp"

#include "tests/support/fake_exchange.hpp"
#include "tests/unit/pipeline/a_world.hpp"

using namespace yett;
using namespace yett::tests;

namespace {

std::string logged(std::string_view path)
{
    std::string kept;
    return std::string{pipeline::path_for_log(path, kept)};
}

} // namespace

TEST_CASE("log cause: no token of a link gets into the log, wherever it stands")
{
    struct row
    {
        char const* path;
        char const* logged;
    };
    for (auto const& [path, expected] :
         {row{"/", "/"}, row{"/auth/reset/", "/auth/reset/"}, row{"/auth/reset/yl1_secret", "/auth/reset/{token}"},
          row{"/auth/reset/yl1_secret/more", "/auth/reset/{token}/more"}, row{"/yl1_a/yl1_b", "/{token}/{token}"},
          row{"/xyl1_secret/a", "/x{token}/a"}, row{"/yl1_", "/{token}"}, row{"/yl1", "/yl1"}}) {
        CAPTURE(path);
        CHECK(logged(path) == expected);
    }
}

TEST_CASE("log cause: who went away is told apart from who was refused")
{
    CHECK(pipeline::is_farewell(client_error(errc::peer_broke_off)));
    CHECK(!pipeline::is_farewell(upstream_error(errc::peer_broke_off)));
    CHECK(!pipeline::is_farewell(client_error(errc::timed_out)));
}

TEST_CASE("log cause: what is said of each end")
{
    struct row
    {
        char const* what;
        std::optional<error> why;
        std::optional<errc> refused; // the credential
        std::optional<error> not_enforced;
        char const* said;
    };
    auto const limit = client_error(errc::rate_limited, "the limit one");
    for (auto const& each : {
             row{"it went well", {}, {}, {}, ""},
             row{"a limit would have refused it", {}, {}, limit, "the limit one"},
             row{"a rule would have", {}, {}, client_error(errc::forbidden, "no role"), ""},
             row{"the client went away", client_error(errc::peer_broke_off, "reset"), {}, {}, "the client went away"},
             row{"the application's fault", upstream_error(errc::upstream_broken, "no head"), {}, {}, "no head"},
             row{"its cause besides",
                 error{errc::upstream_unavailable, origin::upstream, "connect",
                       std::make_error_code(std::errc::connection_refused)},
                 {},
                 {},
                 "connect (Connection refused)"},
             row{"a target that is read in two ways", client_error(errc::uri_rejected, "a//b"), {}, {}, "a//b"},
             row{"a role that is missing", client_error(errc::forbidden, "no role of admin"), {}, {}, "no role of admin"},
             row{"another site", client_error(errc::csrf_rejected, "from evil.example"), {}, {}, "from evil.example"},
             row{"a limit", limit, {}, {}, "the limit one"},
             row{"nobody said who they are", client_error(errc::unauthenticated, "nothing"), {}, {}, ""},
             row{"a credential did not serve",
                 client_error(errc::token_expired, "since noon"),
                 errc::token_expired,
                 {},
                 "since noon"},
             row{"what the client sent is not repeated", client_error(errc::bad_request, "their words"), {}, {}, ""},
             row{"our own faults are told elsewhere", our_error(errc::internal, "a defect"), {}, {}, ""},
         }) {
        INFO(std::string{each.what});
        a_world const world{{rule("a", "/**")}};
        fake_exchange const ex{"GET /a HTTP/1.1\r\nHost: example.com\r\n\r\n"};
        auto context = world.at("a");
        context.reported.credential_refused = each.refused;
        context.reported.not_enforced = each.not_enforced;
        CHECK(pipeline::cause_for_log(each.why ? &*each.why : nullptr, ex.request(), context) == each.said);
    }
}

TEST_CASE("log cause: it names each server that a request came to, also when the last one answered")
{
    struct row
    {
        char const* what;
        char const* failed; // what is kept of the attempts before
        char const* server; // the last one
        std::optional<error> why;
        char const* said;
    };
    auto const refused = std::make_error_code(std::errc::connection_refused);
    for (auto const& each : {
             row{"the second answered", "a:1 answered 503", "b:1", {}, "a:1 answered 503"},
             row{"the note names it", "", "a:1", upstream_error(errc::upstream_timeout, "a:1 was silent before its reply"),
                 "a:1 was silent before its reply"},
             row{"the note does not", "", "a:1", upstream_error(errc::upstream_broken, "malformed chunks"),
                 "a:1: malformed chunks"},
             row{"both failed", "a:1 answered 500", "b:1",
                 upstream_error(errc::upstream_unavailable, "b:1 cannot be reached", refused),
                 "a:1 answered 500; b:1 cannot be reached (Connection refused)"},
             row{"none was asked", "", "", upstream_error(errc::overloaded, "its turn did not come in time"),
                 "its turn did not come in time"},
             row{"the client left", "a:1 answered 500", "b:1", client_error(errc::peer_broke_off), "the client went away"},
         }) {
        INFO(std::string{each.what});
        a_world const world{{rule("a", "/**")}};
        fake_exchange const ex{"GET /a HTTP/1.1\r\nHost: example.com\r\n\r\n"};
        auto context = world.at("a");
        context.reported.upstream.failed = each.failed;
        context.reported.upstream.server = each.server;
        CHECK(pipeline::cause_for_log(each.why ? &*each.why : nullptr, ex.request(), context) == each.said);
    }
}

TEST_CASE("log cause: a key given to a program that knows passwords alone is told where the rule knows no Basic")
{
    auto const pair = "somebody:yk1_" + std::string(64, 'A');
    auto text = base64url_encode(pair);
    text.resize((text.size() + 3) / 4 * 4, '=');
    fake_exchange const ex{"GET /a HTTP/1.1\r\nHost: example.com\r\nAuthorization: Basic " + text + "\r\n\r\n"};
    auto const why = client_error(errc::unauthenticated);
    a_world world{{rule("a", "/**")}};
    auto context = world.at("a");
    CHECK(pipeline::cause_for_log(&why, ex.request(), context).starts_with("an API key as the password of Basic"));
    world.facts("a").ways.basic = true;
    CHECK(pipeline::cause_for_log(&why, ex.request(), context).empty());
    world.facts("a").ways.basic = false;
    context.reported.credential_sent = true; // another one was looked at
    CHECK(pipeline::cause_for_log(&why, ex.request(), context).empty());
}
