#include "section.hpp"

namespace yett::config {
namespace {

using namespace yett::tests;
using policies::destination;
using policies::route_spec;
using arrives = arrival<route_spec>;

constexpr auto base = "name: r\nmatch: { path: \"/api/**\" }\naccess: public\n";
constexpr auto forwarded = "name: r\nmatch: { path: \"/api/**\" }\naccess: public\nupstream: app\n";
constexpr auto one_of_three = "a rule has one of upstream, redirect and respond\n";

} // namespace

TEST_CASE("answer keys: a rule has exactly one of upstream, redirect and respond")
{
    check_arrivals<route_spec>(
        route_keys(), base,
        {
            arrives{"upstream: app", [](route_spec const& r) { return r.to == destination::upstream && r.target == "app"; }},
            arrives{"redirect: { to: /x }",
                    [](route_spec const& r) { return r.to == destination::redirect && r.target.empty() && !r.respond; }},
            arrives{"respond: {}", [](route_spec const& r) { return r.to == destination::respond && !r.redirect; }},
            arrives{"upstream: app\nredirect: null\nrespond: null", [](route_spec const& r) { return r.to == destination::upstream; }},
            arrives{"upstream: null\nrespond: {}", [](route_spec const& r) { return r.to == destination::respond; }},
        });
    check_refusals(
        route_keys(), base,
        {
            {"", std::string{"upstream: is missing; "} + one_of_three},
            {"upstream: null", std::string{"upstream: is missing; "} + one_of_three},
            {"upstream: app\nredirect: { to: /x }", std::string{"redirect: stands beside upstream; "} + one_of_three},
            {"upstream: app\nrespond: {}", std::string{"respond: stands beside upstream; "} + one_of_three},
            {"redirect: { to: /x }\nrespond: {}", std::string{"respond: stands beside redirect; "} + one_of_three},
            {"upstream: app\nredirect: { to: /x }\nrespond: {}",
             std::string{"redirect: stands beside upstream; "} + one_of_three + "respond: stands beside upstream; " + one_of_three},
            {"upstream: [app]", "upstream: a list stands where some text is wanted\n"},
        });
}

TEST_CASE("answer keys: a redirect")
{
    check_arrivals<route_spec>(
        route_keys(), base,
        {
            arrives{"redirect: { to: \"https://new.example/{path}?{query}\" }",
                    [](route_spec const& r) { return r.redirect->to == "https://new.example/{path}?{query}" && r.redirect->status == 302; }},
            arrives{"redirect: { to: /x, status: 301 }", [](route_spec const& r) { return r.redirect->status == 301; }},
            arrives{"redirect: { to: /x, status: 303 }", [](route_spec const& r) { return r.redirect->status == 303; }},
            arrives{"redirect: { to: /x, status: 307 }", [](route_spec const& r) { return r.redirect->status == 307; }},
            arrives{"redirect: { to: /x, status: 308 }", [](route_spec const& r) { return r.redirect->status == 308; }},
        });
    check_refusals(
        route_keys(), base,
        {
            {"redirect: {}", "redirect.to: is missing and has no default\n"},
            {"redirect: { to: \"\" }", "redirect.to: \"\" begins neither with https:// nor http:// nor with a slash\n"},
            {"redirect: { to: \"//{path}\" }",
             "redirect.to: \"//{path}\" begins with what browsers take for a host; one slash, or http:// or https://\n"},
            {"redirect: { to: \"https://{path}\" }",
             "redirect.to: \"https://{path}\" lets requests choose the host; {path} stands behind the first slash behind it\n"},
            {"redirect: { to: /x, status: 200 }",
             "redirect.status: \"200\" is no status that sends anybody elsewhere; allowed: 301, 302, 303, 307, 308\n"},
            {"redirect: { to: /x, status: 300 }",
             "redirect.status: \"300\" is no status that sends anybody elsewhere; allowed: 301, 302, 303, 307, 308\n"},
            {"redirect: { to: /x, status: found }",
             "redirect.status: \"found\" is no status that sends anybody elsewhere; allowed: 301, 302, 303, 307, 308\n"},
            {"redirect: { to: /x, body: y }", "redirect.body: is unknown; allowed here: status, to\n"},
        });
}

TEST_CASE("answer keys: a reply")
{
    check_arrivals<route_spec>(
        route_keys(), base,
        {
            arrives{"respond: {}",
                    [](route_spec const& r) { return r.respond->status == 200 && r.respond->body.empty() && r.respond->type.empty(); }},
            arrives{"respond: { status: 204 }", [](route_spec const& r) { return r.respond->status == 204; }},
            arrives{"respond: { status: 304 }", [](route_spec const& r) { return r.respond->status == 304; }},
            arrives{"respond: { status: 599 }", [](route_spec const& r) { return r.respond->status == 599; }},
            arrives{"respond: { body: \"{path}\" }", [](route_spec const& r) { return r.respond->body == "{path}"; }},
            arrives{"respond: { body: \"\" }", [](route_spec const& r) { return r.respond->body.empty(); }},
            arrives{"respond:\n  body: |\n    User-agent: *\n    Disallow: /\n",
                    [](route_spec const& r) { return r.respond->body == "User-agent: *\nDisallow: /\n"; }},
            arrives{"respond: { body: \"{}\", type: application/json }",
                    [](route_spec const& r) { return r.respond->type == "application/json"; }},
            arrives{"respond: { body: x, type: \"text/html; charset=utf-8\" }",
                    [](route_spec const& r) { return r.respond->type == "text/html; charset=utf-8"; }},
            arrives{"respond: { body: x, type: null }", [](route_spec const& r) { return r.respond->type.empty(); }},
        });
    auto const is_no_type = [](char const* text) {
        return refusal{std::string{"respond: { body: x, type: \""} + text + "\" }",
                       std::string{"respond.type: \""} + text + "\" is no media type, as in application/json or text/html; charset=utf-8\n"};
    };
    check_refusals(
        route_keys(), base,
        {
            {"respond: { status: 199 }", "respond.status: \"199\" is out of range; 200 to 599 is allowed\n"},
            {"respond: { status: 101 }", "respond.status: \"101\" is out of range; 200 to 599 is allowed\n"},
            {"respond: { status: 600 }", "respond.status: \"600\" is out of range; 200 to 599 is allowed\n"},
            {"respond: { status: 302 }", "respond.status: \"302\" says where to go, which redirect does\n"},
            {"respond: { status: 204, body: x }", "respond.body: cannot come with status 204\n"},
            {"respond: { status: 205, body: x }", "respond.body: cannot come with status 205\n"},
            {"respond: { status: 304, body: x }", "respond.body: cannot come with status 304\n"},
            {"respond: { type: text/plain }", "respond.type: is that of a body, and there is none\n"},
            {"respond: { body: [x] }", "respond.body: a list stands where text is wanted\n"},
            {"respond: { body: " + std::string(64 * 1024 + 1, 'x') + " }", "respond.body: is longer than 64KiB\n"},
            is_no_type("text"),
            is_no_type("/plain"),
            is_no_type("text/"),
            is_no_type("a/b/c"),
            is_no_type("text/plain "),
        });
}

TEST_CASE("answer keys: what is about an application needs one")
{
    auto const needs = [](std::string const& yaml, std::string const& key) {
        return refusal{"respond: {}\n" + yaml, key + ": is about an application, and the rule has no upstream\n"};
    };
    check_refusals(route_keys(), base,
                   {
                       needs("rewrite: { strip_prefix: /api }", "rewrite"),
                       needs("websocket: {}", "websocket"),
                       needs("request_headers: { remove: X-A }", "request_headers"),
                       needs("forward_credentials: true", "forward_credentials"),
                       needs("stream: true", "stream"),
                       needs("cors: { origins: [\"https://a.example\"], preflight: forward }", "cors.preflight"),
                   });
    CHECK(read_as(route_keys(), std::string{base} + "respond: {}\ncors: { origins: [\"https://a.example\"] }\nlimits: [a]\n"
                                                    "response_headers: { remove: Server }\n")
              .complaints.empty());
}

TEST_CASE("answer keys: another path for the application")
{
    check_arrivals<route_spec>(
        route_keys(), forwarded,
        {
            arrives{"rewrite: { strip_prefix: /api }",
                    [](route_spec const& r) { return r.rewrite->strip_prefix == "/api" && r.rewrite->add_prefix.empty(); }},
            arrives{"rewrite: { add_prefix: /v1/x }", [](route_spec const& r) { return r.rewrite->add_prefix == "/v1/x"; }},
            arrives{"rewrite: { strip_prefix: null, add_prefix: null }",
                    [](route_spec const& r) { return r.rewrite->strip_prefix.empty() && !r.rewrite->replace; }},
            arrives{"rewrite: null", [](route_spec const& r) { return !r.rewrite; }},
            arrives{"rewrite: { replace: { from: \"^/api/(.*)$\", to: '/x/\\1' } }",
                    [](route_spec const& r) {
                        return r.rewrite->replace->from == "^/api/(.*)$" && r.rewrite->replace->to == "/x/\\1";
                    }},
            arrives{"rewrite: { replace: { from: a, to: \"\" } }", [](route_spec const& r) { return r.rewrite->replace->to.empty(); }},
        });
    check_refusals(
        route_keys(), forwarded,
        {
            {"rewrite: { strip_prefix: api }", "rewrite.strip_prefix: \"api\" is no path: a path begins with '/'\n"},
            {"rewrite: { strip_prefix: / }",
             "rewrite.strip_prefix: \"/\" ends with a slash; a prefix is whole segments, as in /api\n"},
            {"rewrite: { add_prefix: /v1/ }",
             "rewrite.add_prefix: \"/v1/\" ends with a slash; a prefix is whole segments, as in /api\n"},
            {"rewrite: { add_prefix: \"/{x}\" }",
             "rewrite.add_prefix: \"/{x}\" is a pattern; a prefix is literal, as in /api\n"},
            {"rewrite: { add_prefix: \"/v1/**\" }",
             "rewrite.add_prefix: \"/v1/**\" is a pattern; a prefix is literal, as in /api\n"},
            {"rewrite: { add_prefix: \"/a[1]\" }", "rewrite.add_prefix: \"/a[1]\" is no path: paths are matched in their escaped spelling; percent-encode this character\n"},
            {"rewrite: { add_prefix: /a/../b }",
             "rewrite.add_prefix: \"/a/../b\" is no path: dot segments are removed from requests before they are matched\n"},
            {"rewrite: { replace: { from: a } }", "rewrite.replace.to: is missing and has no default\n"},
            {"rewrite: { replace: { to: a } }", "rewrite.replace.from: is missing and has no default\n"},
            {"rewrite: { replace: { from: \"(\", to: a } }",
             "rewrite.replace.from: \"(\" is no regular expression of RE2: missing ): (\n"},
            {"rewrite: { replace: { from: \"(ab?c?d?){250}\", to: a } }",
             "rewrite.replace.from: \"(ab?c?d?){250}\" is too large an expression; repetitions count as often as they repeat\n"},
            {"rewrite: { replace: { from: a, to: '/x?y' } }",
             "rewrite.replace.to: \"/x?y\" holds more than a path: the query stays as it came\n"},
            {"rewrite: { replace: { from: \"(a)\", to: '\\2' } }",
             "rewrite.replace.to: names group 2, and the expression has 1\n"},
        });
}

TEST_CASE("answer keys: fields of replies")
{
    check_arrivals<route_spec>(
        route_keys(), forwarded,
        {
            arrives{"response_headers: { set: { X-A: one, X-B: null }, remove: [Server, ETag] }",
                    [](route_spec const& r) {
                        auto const& changed = r.response_headers;
                        return changed.set == std::vector<std::pair<std::string, std::string>>{{"X-A", "one"}, {"X-B", ""}} &&
                               changed.remove == std::vector<std::string>{"Server", "ETag"} && !changed.place.empty();
                    }},
            arrives{"response_headers: {}", [](route_spec const& r) { return r.response_headers.empty(); }},
        });
    check_refusals(route_keys(), forwarded,
                   {
                       {"response_headers: { pass: X-A }", "response_headers.pass: is unknown; allowed here: remove, set\n"},
                       {"response_headers: { set: one }", "response_headers.set: is not a mapping; keys and values are wanted\n"},
                   });
}

} // namespace yett::config
