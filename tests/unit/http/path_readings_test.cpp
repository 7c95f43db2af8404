#include "gateway/http/path_readings.hpp"

#include "gateway/http/path_spelling.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace yett;
using namespace yett::http;
using texts = std::vector<std::string>;

namespace {

constexpr reading_manner strict{};
constexpr reading_manner lenient{.lenient = true};

texts readings_of(std::string const& sent, reading_manner const& manner = lenient)
{
    CAPTURE(sent);
    auto const readings = read_in_every_way(sent, manner);
    REQUIRE(readings.has_value());
    CHECK(readings->front().how.empty());
    texts paths;
    for (auto const& each : *readings) paths.push_back(each.path);
    return paths;
}

std::string refusal_of(std::string const& sent, reading_manner const& manner = lenient)
{
    CAPTURE(sent);
    auto const readings = read_in_every_way(sent, manner);
    REQUIRE_FALSE(readings.has_value());
    CHECK(readings.error() == errc::uri_rejected);
    return readings.error().note();
}

bool has(texts const& all, std::string const& one)
{
    return std::find(all.begin(), all.end(), one) != all.end();
}

} // namespace

TEST_CASE("path_readings: the first reading is the path as it is spelled")
{
    for (auto const& [sent, first] : {std::pair{"/a", "/a"},
                                      {"/wiki/100%25Deal", "/wiki/100%25Deal"},
                                      {"/a/../b//c", "/b//c"},
                                      {"/%7euser;x", "/~user;x"},
                                      {"/caf\xc3\xa9", "/caf%C3%A9"}})
        CHECK(readings_of(sent).front() == first);
    CHECK(readings_of("/a/b-c_d").size() == 1);
    CHECK(readings_of("/caf\xc3\xa9").size() == 1);
}

TEST_CASE("path_readings: each way of reading, alone")
{
    struct
    {
        char const* sent;
        char const* read;
    } const rows[] = {
        // Of the specification.
        {"/wiki/100%25Deal", "/wiki/100%DEal"},
        {"/feature%252Fx", "/feature%2Fx"},
        {"/%2561dmin", "/admin"},
        {"/x/%252e%252e/admin", "/admin"},
        {"//api/v1/info", "/api/v1/info"},
        {"/public/..%5Cadmin", "/admin"},
        {"/public/..%5cadmin", "/admin"},
        {"/x;y", "/x"},
        {"/public/..;/admin", "/admin"},
        {"/public/..;a=b/admin", "/admin"},
        {"/public/..%20/admin/x", "/admin/x"},
        {"/public/..%3b/admin/x", "/admin/x"},
        {"/public/..%3fadmin/x", "/x"},
        {"/public/..%23/admin/x", "/admin/x"},
        {"/admin%20/x", "/admin/x"},
        {"/admin.", "/admin"},
        {"/admin./x", "/admin/x"},
        {"/admin::$DATA", "/admin"},
        // Siblings.
        {"/admin%20%20.%20", "/admin"},
        {"/admin...", "/admin"},
        {"/public/..%20x/admin", "/admin"},
        {"/public/..%3Badmin/x", "/x"},
        {"/admin%3fx/public", "/admin"},
        {"/admin%23/public", "/admin"},
        {"/admin::%24DATA", "/admin"},
        {"/admin%3a%3a$INDEX_ALLOCATION/x", "/admin/x"},
        {"/admin:$i30:$INDEX_ALLOCATION/x", "/admin/x"},
        {"/a///b", "/a/b"},
        {"/a/%20/b", "/a/b"},
        {"/%5Cadmin", "/admin"},
        {"/a%5C%5Cb", "/a/b"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.read);
        CHECK(has(readings_of(row.sent), row.read));
    }
}

TEST_CASE("path_readings: ways of reading add up, in every order")
{
    CHECK(has(readings_of("/public/..%253b/admin"), "/admin"));         // decoded, then cut
    CHECK(has(readings_of("/public//..;x/admin"), "/admin"));           // merged, then cut
    CHECK(has(readings_of("/public//..;x/admin"), "/public/admin"));    // cut, and ".." takes the empty segment
    CHECK(has(readings_of("/x//../admin"), "/x/admin"));                // dot segments first
    CHECK(has(readings_of("/x//../admin"), "/admin"));                  // slashes first
    CHECK(has(readings_of("/public/%252e%252e%2520/admin"), "/admin")); // decoded, then blanks cut
    CHECK(has(readings_of("/public/..%5C;x/admin"), "/admin"));
    CHECK(has(readings_of("/%25252561dmin"), "/admin")); // decoded four times
    CHECK(has(readings_of("/%25252561dmin"), "/%2561dmin"));
}

TEST_CASE("path_readings: what a reading brings to light is refused, and the reading named")
{
    CHECK(refusal_of("/a%2500") == "path read with escapes decoded again: it holds what is never let through");
    CHECK(refusal_of("/a%250d%250aX") == "path read with escapes decoded again: it holds what is never let through");
    CHECK(refusal_of("/a%25c0%25af") == "path read with escapes decoded again: it holds what is never let through");
    CHECK(refusal_of("/public/..%252fadmin").find("never let through") != std::string::npos);
    CHECK(refusal_of("/public/..%20%2fadmin").find("never let through") != std::string::npos);
    CHECK(refusal_of("/a%255Cb", strict) == "path read with escapes decoded again: it holds %5C");
    CHECK(has(readings_of("/a%255Cb"), "/a/b"));
    CHECK(refusal_of("/%252e%252e/a") == "path read with escapes decoded again: it climbs above the root");
    CHECK(refusal_of("/..;/a") == "path read with ';' cut: it climbs above the root");
    CHECK(refusal_of("/..%20/a", strict).find("climbs above the root") != std::string::npos);
}

TEST_CASE("path_readings: an encoded slash is told at any depth")
{
    auto const told = [](std::string const& sent) {
        auto const readings = read_in_every_way(sent, strict);
        REQUIRE(readings.has_value());
        return std::any_of(readings->begin(), readings->end(), [](auto const& r) { return r.encoded_slash; });
    };
    CHECK(told("/feature%252Fx"));
    CHECK(told("/feature%25252fx"));
    CHECK(told("/a%2Fb."));
    CHECK_FALSE(told("/100%25Deal"));
}

TEST_CASE("path_readings: nobody decodes again where the rule says so")
{
    reading_manner const once{.decoded_again = false};
    CHECK(readings_of("/%2561dmin", once) == texts{"/%2561dmin"});
    CHECK(readings_of("/a%2500", once) == texts{"/a%2500"});
    CHECK(has(readings_of("/%2561dmin%20", once), "/%2561dmin"));
}

TEST_CASE("path_readings: what the rule spells itself stands as it is")
{
    reading_manner const own{.spelled_out = "/Shared%20Documents"};
    CHECK(readings_of("/Shared%20Documents/x", own) == texts{"/Shared%20Documents/x"});
    CHECK(has(readings_of("/Shared%20Documents/x%20", own), "/Shared%20Documents/x"));
    CHECK(has(readings_of("/Shared%20Documents%20/x", own), "/Shared/x"));
    CHECK(has(readings_of("/Shared%20Documents/..%20/admin", own), "/admin"));
}

TEST_CASE("path_readings: a path that multiplies is refused before it costs anything")
{
    std::string deep = "/%";
    for (int i = 0; i < 2000; ++i) deep += "25";
    CHECK(refusal_of(deep + "41").find("too many ways") != std::string::npos);
    std::string wide;
    for (int i = 0; i < 9000; ++i) wide += "/a%20;b";
    CHECK(refusal_of(wide).find("too many ways") != std::string::npos);
    // A long name with blanks is not.
    std::string name;
    for (int i = 0; i < 1000; ++i) name += "/a%20b";
    CHECK(readings_of(name).size() > 1);
}

TEST_CASE("path_readings: a reading tells of dot segments that were in it")
{
    auto const dotted = [](std::string const& sent, std::string const& path) {
        auto const readings = read_in_every_way(sent, lenient);
        REQUIRE(readings.has_value());
        auto const is = [&](path_reading const& each) { return each.path == path; };
        auto const found = std::find_if(readings->begin(), readings->end(), is);
        REQUIRE(found != readings->end());
        return found->dotted;
    };
    CHECK(dotted("/a/..;/b", "/b"));
    CHECK_FALSE(dotted("/a/..;/b", "/a/..;/b"));
    CHECK(dotted("/a/%252e%252e/b", "/b"));
    CHECK(dotted("/a/../b;c", "/b;c"));
    CHECK_FALSE(dotted("/a//b;c", "/a/b"));
}
