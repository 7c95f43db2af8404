#include "gateway/upstream/reply_fields.hpp"

#include "gateway/upstream/headers.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

using namespace yett;

namespace {

using pairs = std::vector<std::pair<std::string, std::string>>;

// "Name: value" a line, of what the client gets of these fields.
std::string told(pairs const& from_application, std::vector<http::field> const& added = {})
{
    upstream::header_options options;
    options.cookies = {"__Host-yett_access", "yett_access"};
    auto const plan = upstream::header_plan::from(options);
    REQUIRE(plan.has_value());
    std::array<http::field, 32> array;
    std::size_t count = 0;
    for (auto const& [name, value] : from_application) array[count++] = {name, value, http::known_named(name)};
    auto const kept = upstream::fields_for_client(array, count, *plan, added);
    REQUIRE(kept.has_value());
    std::string text;
    for (auto const& f : *kept) text.append(f.name).append(": ").append(f.value).append("\n");
    return text;
}

} // namespace

TEST_CASE("reply_fields: an application cannot set a cookie of ours, in any spelling that a browser would send back")
{
    for (auto const* value : {"__Host-yett_access=evil; Path=/; Secure", "yett_access=evil", "YETT_ACCESS=evil",
                              "=yett_access=evil", " yett_access =evil", "yett_access=; Max-Age=0"})
        CHECK_MESSAGE(told({{"Set-Cookie", value}, {"X-Stays", "1"}}) == "X-Stays: 1\nVia: 1.1 yett\n", value);
    CHECK(told({{"set-cookie", "yett_access=evil"}, {"Set-Cookie", "a=1"}}) == "Set-Cookie: a=1\nVia: 1.1 yett\n");
    CHECK(told({{"Set-Cookie", "xyett_access=1"}}) == "Set-Cookie: xyett_access=1\nVia: 1.1 yett\n");
}

TEST_CASE("reply_fields: what Yett adds replaces the application's word, but cookies stand side by side")
{
    std::vector<http::field> const added{{"Set-Cookie", "yett_access=new", http::known::set_cookie},
                                         {"Cache-Control", "no-store", http::known::other}};
    pairs const reply{{"cache-control", "public, max-age=3600"},
                      {"Set-Cookie", "a=1"},
                      {"Set-Cookie", "yett_access=evil"},
                      {"X-Stays", "1"},
                      {"Cache-Control", "immutable"}};
    CHECK(told(reply, added) ==
          "Set-Cookie: a=1\nX-Stays: 1\nVia: 1.1 yett\nSet-Cookie: yett_access=new\nCache-Control: no-store\n");
    CHECK(told(reply) ==
          "cache-control: public, max-age=3600\nSet-Cookie: a=1\nX-Stays: 1\nCache-Control: immutable\nVia: 1.1 yett\n");
}
