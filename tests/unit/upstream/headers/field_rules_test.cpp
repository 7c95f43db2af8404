#include "gateway/upstream/headers/field_rules.hpp"

#include "gateway/upstream/headers/header_plan.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace yett::upstream;

namespace {

header_plan plan_with_names()
{
    header_options options;
    options.set = {{"X-Person", "sub"}};
    return *header_plan::from(options);
}

// "path: text" a line; warnings begin with "warning".
std::string complaints_about(field_rules::options const& wanted)
{
    std::string text;
    for (auto const& each : field_rules::complaints(wanted, plan_with_names()))
        text += (each.is_warning ? "warning " : "") + each.path + ": " + each.text + "\n";
    return text;
}

} // namespace

TEST_CASE("field_rules: names of identity, framing, forwarding, Host and credentials can be neither passed nor set")
{
    for (std::string const name : {"X-Yett-User",
                                   "x_yett_roles",
                                   "Remote-User",
                                   "X-Auth-Request-Email",
                                   "X-Person",
                                   "X-Yett-Assertion", // identity
                                   "Connection",
                                   "Content-Length",
                                   "transfer_encoding",
                                   "TE",
                                   "Trailer",
                                   "Upgrade",
                                   "Keep-Alive",
                                   "Expect",
                                   "Proxy-X",
                                   "HTTP2-Settings", // framing
                                   "X-Forwarded-For",
                                   "X-Forwarded-Prefix",
                                   "x.forwarded.host",
                                   "Forwarded",
                                   "Via",
                                   "X-Real-IP",
                                   "X-Request-Id",
                                   "Host",
                                   "Cookie",
                                   "Authorization",
                                   "X-Api-Key"}) {
        CAPTURE(name);
        CHECK(complaints_about({.pass = {name}}).starts_with("pass[0]: " + name + " "));
        CHECK(complaints_about({.set = {{name, "x"}}}).starts_with("set." + name + ": " + name + " "));
    }
}

TEST_CASE("field_rules: what is dropped else may pass, and what an application may believe by mistake is a warning")
{
    for (std::string const name :
         {"X-HTTP-Method-Override", "my_header", "x.version", "X-Original-URL", "traceparent", "X-Any"}) {
        CAPTURE(name);
        CHECK(complaints_about({.pass = {name}}).empty());
    }
    for (std::string const name : {"X-WEBAUTH-USER", "CF-Connecting-IP", "X-SSL-Client-Verify", "X-Middleware-Subrequest"}) {
        CAPTURE(name);
        CHECK(complaints_about({.pass = {name}}).starts_with("warning pass[0]: " + name + " passes from anybody"));
        CHECK(complaints_about({.set = {{name, "x"}}}).empty());
    }
}

TEST_CASE("field_rules: anything can be removed but what Yett writes")
{
    for (std::string const name : {"Cookie", "Authorization", "User-Agent", "X-Debug", "x_odd", "traceparent"})
        CHECK(complaints_about({.remove = {name}}).empty());
    for (std::string const name : {"Host", "Content-Length", "X-Yett-User", "X-Forwarded-For"}) {
        CAPTURE(name);
        CHECK(complaints_about({.remove = {name}}).starts_with("remove[0]: " + name + " "));
    }
}

TEST_CASE("field_rules: what cannot be a field, and what contradicts itself, is a complaint")
{
    CHECK(complaints_about({.pass = {"X Y"}}).find("no header name") != std::string::npos);
    CHECK(complaints_about({.remove = {""}}).find("no header name") != std::string::npos);
    for (auto const& value : std::vector<std::string>{"a\r\nX-Evil: 1", "a\nb", {"a\0b", 3}, "\x7f", " a", "a "}) {
        CAPTURE(value);
        CHECK(complaints_about({.set = {{"X-A", value}}}).starts_with("set.X-A: holds what a header cannot carry"));
    }
    CHECK(complaints_about({.set = {{"X-A", ""}, {"X-B", "caf\xc3\xa9\tb"}}}).empty());
    CHECK(complaints_about({.pass = {"X-A"}, .remove = {"x_a"}}) == "pass[0]: X-A is removed, too\n");
    CHECK(complaints_about({.set = {{"X-A", "1"}}, .remove = {"x-a"}}) == "set.X-A: X-A is passed or removed, too\n");
}
