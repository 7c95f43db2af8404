#include "gateway/upstream/headers/reply_changes.hpp"

#include "gateway/http/exchange.hpp"
#include "gateway/upstream/headers/header_plan.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using upstream::reply_changes;

namespace {

// "path: text" of each complaint.
std::vector<std::string> complaints(reply_changes::options const& wanted)
{
    upstream::header_options options;
    options.set = {{"X-Who", "sub"}};
    auto const plan = upstream::header_plan::from(options);
    REQUIRE(plan.has_value());
    std::vector<std::string> lines;
    for (auto const& each : reply_changes::complaints(wanted, *plan)) {
        CHECK_FALSE(each.is_warning);
        lines.push_back(each.path + ": " + each.text);
    }
    return lines;
}

} // namespace

TEST_CASE("reply_changes: framing, cookies, identity and the promise of HTTPS are nobody's to change")
{
    struct
    {
        char const* name;
        char const* why;
    } const rows[] = {
        {"Content-Length", "belongs to the connection"},
        {"transfer-encoding", "belongs to the connection"},
        {"Connection", "belongs to the connection"},
        {"Keep-Alive", "belongs to the connection"},
        {"Upgrade", "belongs to the connection"},
        {"TE", "belongs to the connection"},
        {"Trailer", "belongs to the connection"},
        {"Proxy-Authenticate", "belongs to the connection"},
        {"Proxy-Status", "belongs to the connection"},
        {"Sec-WebSocket-Accept", "belongs to the connection"},
        {"Set-Cookie", "carries cookies"},
        {"SET-COOKIE", "carries cookies"},
        {"Via", "tells of the way a reply came"},
        {"X-Yett-User", "tells of an identity"},
        {"x_yett_user", "tells of an identity"},
        {"X-Who", "tells of an identity"},
    };
    for (auto const& row : rows) {
        CAPTURE(std::string{row.name});
        auto const why = std::string{row.name} + ' ' + row.why + "; a rule cannot change it";
        CHECK(complaints({.set = {{row.name, "x"}}}) == std::vector{"set." + std::string{row.name} + ": " + why});
        CHECK(complaints({.remove = {row.name}}) == std::vector{"remove[0]: " + why});
    }
    CHECK(complaints({.set = {{"Strict-Transport-Security", "max-age=1"}}}) ==
          std::vector<std::string>{
              "set.Strict-Transport-Security: Strict-Transport-Security is said by listeners[].tls.hsts; a rule cannot change it"});
    CHECK(complaints({.remove = {"Strict-Transport-Security"}}).empty());
}

TEST_CASE("reply_changes: pages of other sites are told by one part of a rule")
{
    CHECK(complaints({.set = {{"Access-Control-Allow-Origin", "*"}}}).empty());
    CHECK(complaints({.set = {{"Access-Control-Allow-Origin", "*"}}, .speaks_of_origins = true}).size() == 1);
    CHECK(complaints({.remove = {"access-control-max-age"}, .speaks_of_origins = true}) ==
          std::vector<std::string>{"remove[0]: access-control-max-age is said by cors; a rule cannot change it"});
}

TEST_CASE("reply_changes: names and values that no field has, and names that are meant twice")
{
    CHECK(complaints({.set = {{"X A", "1"}}}) == std::vector<std::string>{"set.X A: \"X A\" is no header name"});
    CHECK(complaints({.remove = {"", "X:Y"}}).size() == 2);
    for (auto const* value : {"a\r\nX: y", "a\nb", " a", "a ", "a\x01"})
        CHECK(complaints({.set = {{"X-A", value}}}) ==
              std::vector{std::string{"set.X-A: "} + upstream::not_a_field_value});
    CHECK(complaints({.set = {{"X-A", "1"}, {"x-a", "2"}}}) == std::vector<std::string>{"set.x-a: x-a is set twice"});
    CHECK(complaints({.set = {{"X-A", "1"}}, .remove = {"X-B", "x-a"}}) == std::vector<std::string>{"remove[1]: x-a is set, too"});
    CHECK(complaints({.set = {{"X-Empty", ""}, {"Cache-Control", "no-cache, private"}}, .remove = {"Server", "ETag"}}).empty());
}

TEST_CASE("reply_changes: a reply of our own is changed as an application's")
{
    reply_changes changes{{{{"X-Frame-Options", "DENY"}, {"content-type", "text/css"}}, {"x-content-type-options"}}};
    reply_changes const moved{std::move(changes)};
    http::reply reply;
    reply.fields = {{"Content-Type", "text/plain"}, {"X-Content-Type-Options", "nosniff"}, {"Location", "/a"}};
    moved.apply_to(reply);
    CHECK(reply.fields == std::vector<std::pair<std::string, std::string>>{
                              {"Location", "/a"}, {"X-Frame-Options", "DENY"}, {"content-type", "text/css"}});
    CHECK(moved.ends("X-FRAME-OPTIONS"));
    CHECK(moved.ends("X-Content-Type-Options"));
    CHECK_FALSE(moved.ends("X-Frame"));
    REQUIRE(moved.set().size() == 2);
    CHECK(moved.set()[0].value == "DENY");
    CHECK(moved.set()[1].id == http::known_named("content-type"));
}
