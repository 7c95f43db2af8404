#include "gateway/pipeline/destination.hpp"

#include "policies/compile.hpp"
#include "tests/unit/http/parsed.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;

namespace {

constexpr auto now = wall_time{std::chrono::seconds{1'700'000'000}};

policies::route_spec rule(std::string name, std::string path, policies::access_spec::kind access)
{
    policies::route_spec spec;
    spec.name = std::move(name);
    spec.match.path = std::move(path);
    spec.access.is = access;
    spec.target = "app";
    return spec;
}

policies::route_table sample()
{
    using kind = policies::access_spec::kind;
    auto admin = rule("admin", "/dav/admin/**", kind::roles);
    admin.access.values = {"admin"};
    auto ours = rule("ours", "/auth/**", kind::public_);
    ours.to = policies::destination::accounts;
    auto readers = rule("readers", "/dav/read/**", kind::authenticated);
    readers.match.methods = {"GET", "PROPFIND"};
    auto keys = rule("keys", "/dav/box/{id}/keys", kind::roles);
    keys.access.values = {"admin"};
    keys.match.any_case = true;
    keys.match.methods = {"GET"};
    auto moved = rule("moved", "/moved/**", kind::authenticated);
    moved.rewrite.emplace().strip_prefix = "/moved";
    auto elsewhere = rule("elsewhere", "/elsewhere/**", kind::public_);
    elsewhere.to = policies::destination::redirect;
    auto made =
        policies::compile({admin, ours, readers, keys, moved, elsewhere, rule("dav", "/dav/**", kind::authenticated)});
    REQUIRE(made.table);
    return std::move(*made.table);
}

identity_ptr somebody(std::vector<std::string> roles)
{
    auto who = std::make_shared<identity>();
    who->subject = "u1";
    who->roles = std::move(roles);
    return who;
}

// Empty when it is let through.
std::string refusal_of_request(std::string const& line, std::string const& fields, bool https = false,
                               identity_ptr const& who = somebody({}))
{
    auto const rules = sample();
    http::parsed const p{http::request(line + " HTTP/1.1", "Host: dav.test\r\n" + fields)};
    REQUIRE(p.h.has_value());
    auto const from = http::target::from(*p.h);
    REQUIRE(from.has_value());
    pipeline::client sender;
    sender.address = *parse_ip("192.0.2.7");
    sender.https = https;
    auto const open = pipeline::require_open_destination(rules, *p.h, *from, sender, who, now);
    if (open) return {};
    CHECK(open.error() == errc::forbidden);
    return open.error().note();
}

std::string refusal_of(std::string const& fields, bool https = false, identity_ptr const& who = somebody({}))
{
    return refusal_of_request("MOVE /dav/a", fields, https, who);
}

std::string refusal_of_destination(std::string const& value, bool https = false)
{
    return refusal_of("Destination: " + value + "\r\n", https);
}

} // namespace

TEST_CASE("destination: COPY and MOVE name one, no other method does")
{
    CHECK(pipeline::names_destination(http::method::copy));
    CHECK(pipeline::names_destination(http::method::move));
    for (auto m : {http::method::get, http::method::put, http::method::options, http::method::propfind, http::method::other})
        CHECK_FALSE(pipeline::names_destination(m));
}

TEST_CASE("destination: where the caller may go is let through")
{
    for (auto const* value :
         {"http://dav.test/dav/b", "http://DAV.test:80/dav/b%20c", "HTTP://dav.test/dav/x/../b", "/dav/b", "/dav/b?x"})
        CHECK_MESSAGE(refusal_of_destination(value).empty(), value);
    CHECK(refusal_of_destination("https://dav.test:443/dav/b", true).empty());
    CHECK(refusal_of("").empty()); // the application's to refuse
    CHECK(refusal_of("Destination: /dav/admin/x\r\n", false, somebody({"admin"})).empty());
}

TEST_CASE("destination: scheme and host are the request's")
{
    for (auto const* value : {"https://dav.test/dav/b", "ftp://dav.test/dav/b", "dav/b", "", "http:/dav/b"})
        CHECK_MESSAGE(refusal_of_destination(value) == "Destination is not of the request's scheme", value);
    for (auto const* value : {"http://other.test/dav/b", "http://dav.test:81/dav/b", "http://dav.test@other.test/dav/b",
                              "http://u@dav.test/dav/b", "http:///dav/b", "http://dav.test.evil/dav/b"})
        CHECK_MESSAGE(refusal_of_destination(value) == "Destination is not on the request's host", value);
    CHECK(refusal_of_destination("//other.test/dav/b") == "Destination names a host without a scheme");
    CHECK(refusal_of_destination("http://dav.test/dav/b", true) == "Destination is not of the request's scheme");
}

TEST_CASE("destination: it finds a rule that lets the caller in")
{
    CHECK(refusal_of_destination("/dav/admin/x") == "Destination is refused: rule admin wants one of the roles admin");
    CHECK(refusal_of_destination("http://dav.test/dav/x/%2e%2e/admin/x").find("rule admin") != std::string::npos);
    CHECK(refusal_of_destination("/nowhere") == "Destination finds no rule");
    CHECK(refusal_of_destination("/auth/me") == "Destination is no path of an application");
    CHECK(refusal_of_destination("http://dav.test").starts_with("Destination"));
    CHECK(refusal_of("Destination: /dav/b\r\n", false, nullptr).starts_with("Destination is refused"));
    CHECK(refusal_of_destination("/elsewhere/a") == "Destination is no path of an application");
    // A rule for readers is passed over, as it is for the request itself.
    CHECK(refusal_of_destination("/dav/read/x").empty());
}

TEST_CASE("destination: nobody rewrites it, so that it may not lie where paths are rewritten")
{
    CHECK(refusal_of_destination("/moved/a") == "Destination is a path that is rewritten");
    for (auto const* to : {"/moved/b", "/dav/b"})
        CHECK(refusal_of_request("MOVE /moved/a", std::string{"Destination: "} + to + "\r\n") ==
              "Destination stands in a request whose path is rewritten");
    CHECK(refusal_of_request("MOVE /moved/a", "").empty());
}

TEST_CASE("destination: it passes the gate")
{
    for (auto const* value : {"/dav/%00", "/dav/a\\b", "/dav/%zz", "/dav/b#c", "/dav//b", "/dav/b;c", "/dav/a%5Cb", "/dav/b%2Fc",
                              "/dav/..%20/auth/x", "/dav/%2561dmin/x", "/dav/admin./x", "/dav/x/..%252fadmin"})
        CHECK_MESSAGE(!refusal_of_destination(value).empty(), value);
    CHECK(refusal_of("Destination: /dav/b\r\nDestination: /dav/b\r\n") == "Destination comes twice");
}

TEST_CASE("destination: a folder takes along what lies below it, so no rule below may keep the caller out")
{
    auto const of = [](std::string const& line, std::string const& to, identity_ptr const& who = somebody({})) {
        return refusal_of_request(line, "Destination: " + to + "\r\n", false, who);
    };
    // To and from: both hold /dav/admin, and /dav/box/{id}/keys.
    CHECK(of("COPY /dav", "/dav/dump") == "below /dav lies what admin refuses");
    CHECK(of("MOVE /dav/", "/dav/dump/") == "below /dav/ lies what admin refuses");
    CHECK(of("COPY /dav/dump/", "/dav/") == "below /dav/ lies what admin refuses");
    CHECK(of("COPY /dav/box", "/dav/dump") == "below /dav/box lies what keys refuses");
    CHECK(of("MOVE /dav/BOX/7/", "/dav/dump") == "below /dav/BOX/7/ lies what keys refuses");
    CHECK(of("COPY /dav/dump", "/dav/box/7") == "below /dav/box/7 lies what keys refuses");
    // Whoever may go there, and folders beside it.
    CHECK(of("COPY /dav", "/dav/dump", somebody({"admin"})).empty());
    CHECK(of("COPY /dav/box/7/lids", "/dav/boxes").empty());
    CHECK(of("COPY /dav/administration/", "/dav/dump").empty());
    CHECK(of("COPY /dav/read/a", "/dav/dump").empty());
}
