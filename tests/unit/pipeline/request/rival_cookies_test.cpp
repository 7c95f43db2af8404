#include "gateway/pipeline/request/rival_cookies.hpp"

#include "gateway/pipeline/request/session_cookies.hpp"

#include <doctest/doctest.h>

using namespace yett;
using pipeline::rival;

namespace {

wall_time second(int s)
{
    return wall_time{seconds{s}};
}

rival good(std::string session, int until = 100, int rank = 0)
{
    return {.verifies = true, .session = std::move(session), .rank = rank, .until = second(until)};
}

rival const worthless{};
rival const old{.may_serve = true};

// The index of the one that counts, with a minus where none verifies; "!" for a refusal.
std::string chosen(std::vector<rival> const& all)
{
    auto const made = pipeline::choose(all);
    if (!made) return made.error() == errc::credentials_disagree ? "!" : "?";
    return (made->verifies ? "" : "-") + std::to_string(made->index);
}

std::vector<std::string> deleted(pipeline::auth_transport const& way, std::string const& name)
{
    pipeline::reply_fields fields;
    pipeline::delete_everywhere(fields, way, name);
    std::vector<std::string> lines;
    for (auto const& [field, line] : fields) lines.push_back(line);
    return lines;
}

} // namespace

TEST_CASE("rivals: of several cookies of our name exactly one that verifies counts")
{
    CHECK(chosen({worthless, good("s")}) == "1");
    CHECK(chosen({good("s"), worthless}) == "0");
    CHECK(chosen({worthless, good("s"), worthless, worthless}) == "1");
}

TEST_CASE("rivals: two that verify and name different sessions are refused")
{
    CHECK(chosen({good("s"), good("t")}) == "!");
    CHECK(chosen({good("s"), worthless, good("s"), good("t")}) == "!");
}

TEST_CASE("rivals: of one session's the youngest counts, and a successor before what it followed (sibling)")
{
    CHECK(chosen({good("s", 100), good("s", 200)}) == "1");
    CHECK(chosen({good("s", 200), good("s", 100)}) == "0");
    CHECK(chosen({good("s", 200, 0), good("s", 100, 1)}) == "1");
    CHECK(chosen({old, good("s", 100, 1)}) == "1");
}

TEST_CASE("rivals: tokens that belong to no session of ours agree with nobody (sibling)")
{
    CHECK(chosen({good(""), good("")}) == "!");
    CHECK(chosen({good(""), worthless}) == "0");
}

TEST_CASE("rivals: where none verifies, what comes of one alone is told (sibling)")
{
    CHECK(chosen({worthless, old}) == "-1");
    CHECK(chosen({worthless, worthless}) == "-0");
}

TEST_CASE("rivals: a cookie is deleted for this host alone and for the domain")
{
    pipeline::auth_transport way;
    way.cookie_domain = "example.com";
    CHECK(
        deleted(way, "__Secure-yett_access") ==
        std::vector<std::string>{"__Secure-yett_access=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax",
                                 "__Secure-yett_access=; Path=/; Domain=example.com; Max-Age=0; Secure; HttpOnly; SameSite=Lax"});
}

TEST_CASE("rivals: and below each path it may have had (sibling)")
{
    pipeline::auth_transport way;
    way.secure = false;
    way.cookie_paths = {"/", "/auth"};
    CHECK(deleted(way, "yett_refresh") ==
          std::vector<std::string>{"yett_refresh=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
                                   "yett_refresh=; Path=/auth; Max-Age=0; HttpOnly; SameSite=Lax"});
}

TEST_CASE("rivals: a name that promises this host and no path lies nowhere else (sibling)")
{
    pipeline::auth_transport way;
    way.cookie_domain = "example.com";
    way.cookie_paths = {"/", "/auth"};
    CHECK(deleted(way, "__Host-yett_access") ==
          std::vector<std::string>{"__Host-yett_access=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"});
}
