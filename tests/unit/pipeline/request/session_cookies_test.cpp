#include "gateway/pipeline/request/session_cookies.hpp"

#include "gateway/accounts/grant.hpp"
#include "gateway/pipeline/request/device_cookie.hpp"
#include "gateway/pipeline/request/refreshed_as.hpp"
#include "tests/support/print.hpp"
#include "tests/unit/pipeline/request/head_of.hpp"

using namespace yett;
using namespace yett::pipeline;
using tests::read_head;

namespace {

constexpr wall_time now{seconds{1'800'000'000}};

accounts::grant a_grant(bool remembered = true)
{
    accounts::grant g;
    g.access_token = secret{std::string{"a.b.c"}};
    g.refresh_token = secret{std::string{"yr1_x"}};
    g.expires_in = seconds{900};
    g.refresh_until = now + seconds{604'800} + milliseconds{999};
    g.remembered = remembered;
    return g;
}

// The Set-Cookie fields, one a line.
std::string lines_of(reply_fields const& fields)
{
    std::string all;
    for (auto const& [name, value] : fields) {
        CHECK(name == "Set-Cookie");
        all += value + "\n";
    }
    return all;
}

auth_transport in_cookies()
{
    auth_transport way;
    way.access_in_cookie = true;
    return way;
}

// For tests of a domain, where no cookie may promise to be of this host alone.
auth_transport of_domain()
{
    auto way = in_cookies();
    way.access_cookie = "__Secure-yett_access";
    way.refresh_cookie = "__Secure-yett_refresh";
    way.cookie_domain = "example.com";
    return way;
}

} // namespace

TEST_CASE("session cookies: what a grant brings to a browser")
{
    auto const expected = [](bool access, bool refresh, bool remembered) {
        std::string all;
        if (access) all += std::string{"__Host-yett_access=a.b.c"} + (remembered ? "; Max-Age=900" : "");
        if (refresh)
            all += (all.empty() ? "" : "|") + std::string{"__Host-yett_refresh=yr1_x"} + (remembered ? "; Max-Age=604800" : "");
        return all;
    };
    for (auto const access : {true, false})
        for (auto const refresh : {true, false})
            for (auto const remembered : {true, false}) {
                auth_transport way;
                way.access_in_cookie = access;
                way.refresh_in_cookie = refresh;
                http::reply r;
                REQUIRE(add_cookies(r, way, a_grant(remembered), now));
                std::string shown;
                for (auto const& [name, line] : r.fields) {
                    auto const value = line.substr(0, line.find(';'));
                    auto const age = line.find("; Max-Age=");
                    shown += (shown.empty() ? "" : "|") + value;
                    if (age != line.npos) shown += line.substr(age, line.find(';', age + 1) - age);
                    CHECK(line.find("HttpOnly") != line.npos);
                    CHECK(line.find("Secure") != line.npos);
                    CHECK(line.find("SameSite=Lax") != line.npos);
                    CHECK(line.find("Path=/") != line.npos);
                    CHECK(line.find("Domain=") == line.npos);
                }
                CHECK(shown == expected(access, refresh, remembered));
            }
}

TEST_CASE("session cookies: they lie where the settings say, and are deleted there")
{
    http::reply set;
    REQUIRE(add_cookies(set, of_domain(), a_grant(), now));
    http::reply gone;
    REQUIRE(add_deletions(gone, of_domain()));
    REQUIRE(set.fields.size() == 2);
    REQUIRE(gone.fields.size() == 2);
    for (auto const& fields : {set.fields, gone.fields})
        for (auto const& [name, line] : fields) CHECK(line.find("Domain=example.com") != line.npos);
    for (auto const& [name, line] : gone.fields) {
        CHECK(line.find("=;") != line.npos);
        CHECK(line.find("Max-Age=0") != line.npos);
    }
}

TEST_CASE("session cookies: only what travels by cookie is deleted")
{
    struct
    {
        bool access, refresh;
        std::size_t lines;
    } const rows[] = {{true, true, 2}, {true, false, 1}, {false, true, 1}, {false, false, 0}};
    for (auto const& row : rows) {
        auth_transport way;
        way.access_in_cookie = row.access;
        way.refresh_in_cookie = row.refresh;
        http::reply r;
        REQUIRE(add_deletions(r, way));
        CHECK(r.fields.size() == row.lines);
        CHECK(way.uses_cookies() == (row.lines != 0));
    }
}

TEST_CASE("session cookies: one that browsers would drop is an error of ours, and none is sent")
{
    auto way = of_domain();
    way.refresh_cookie = "__Host-yett_refresh";
    http::reply r;
    auto const added = add_cookies(r, way, a_grant(), now);
    REQUIRE_FALSE(added);
    CHECK(added.error() == errc::internal);
    auto broken = a_grant();
    broken.access_token = secret{std::string{"a;b"}};
    CHECK_FALSE(add_cookies(r, in_cookies(), broken, now));
}

TEST_CASE("session cookies: of several that came all are deleted, wherever one may lie")
{
    auto way = of_domain();
    way.cookie_paths = {"/", "/auth"};
    reply_fields fields;
    delete_everywhere(fields, way, way.refresh_cookie);
    CHECK_MESSAGE(fields.size() == 4, "of this host and of the domain, below each path");
    fields.clear();
    delete_everywhere(fields, way, "__Host-yett_refresh");
    CHECK_MESSAGE(fields.size() == 1, "a name that promises neither cannot lie there");
    fields.clear();
    delete_everywhere(fields, in_cookies(), "__Host-yett_refresh");
    CHECK(lines_of(fields).find("Max-Age=0") != std::string::npos);
}

TEST_CASE("session cookies: one that is kept is set once more, for as long as it has left")
{
    struct
    {
        milliseconds left;
        bool lasting;
        char const* age; // empty: none
    } const rows[] = {
        {milliseconds{90'500}, true, "Max-Age=90;"}, {milliseconds{90'500}, false, ""}, {milliseconds{999}, true, "Max-Age=0;"}};
    for (auto const& row : rows) {
        reply_fields fields;
        keep_cookie(fields, in_cookies(), "__Host-yett_refresh", "yr1_x", row.left, row.lasting);
        auto const line = lines_of(fields);
        CHECK(line.starts_with("__Host-yett_refresh=yr1_x;"));
        if (*row.age) CHECK(line.find(row.age) != std::string::npos);
        else CHECK(line.find("Max-Age") == std::string::npos);
    }
    reply_fields none;
    keep_cookie(none, in_cookies(), "__Host-yett_refresh", "a;b", milliseconds{1}, true);
    CHECK(none.empty());
}

TEST_CASE("device cookie: a mark that came once and whole is one")
{
    auth_transport const way;
    struct
    {
        char const* fields;
        char const* mark;
    } const rows[] = {
        {"Cookie: __Host-yett_device=m1\r\n", "m1"},
        {"Cookie: a=b; __Host-yett_device=m1; c=d\r\n", "m1"},
        {"Cookie: __Host-yett_device=m1; __Host-yett_device=m2\r\n", ""},
        {"Cookie: __Host-yett_device=m1\r\nCookie: __Host-yett_device=m1\r\n", ""},
        {"Cookie: __Host-yett_device=\r\n", ""},
        {"Cookie: yett_device=m1\r\n", ""},
        {"Cookie: __host-yett_device=m1\r\n", ""},
        {"", ""},
    };
    for (auto const& row : rows) {
        CAPTURE(row.fields);
        read_head const head{row.fields};
        CHECK(device_mark_in(*head, way) == row.mark);
    }
}

TEST_CASE("device cookie: it is of this host alone, and programs get none")
{
    auto way = of_domain();
    http::reply r;
    REQUIRE(add_device_mark(r, way, secret{std::string{"m1"}}));
    auto const line = lines_of(r.fields);
    CHECK(line.starts_with("__Host-yett_device=m1;"));
    CHECK(line.find("Domain=") == std::string::npos);
    http::reply none;
    REQUIRE(add_device_mark(none, way, secret{}));
    auth_transport programs;
    programs.refresh_in_cookie = false;
    REQUIRE(add_device_mark(none, programs, secret{std::string{"m1"}}));
    CHECK(none.fields.empty());
    CHECK_FALSE(add_device_mark(none, way, secret{std::string{"a;b"}}));
}

TEST_CASE("refreshed as: how a refresh token was answered, for the counters")
{
    using telemetry::refresh_outcome;
    accounts::grant given;
    CHECK(refreshed_as(given) == refresh_outcome::rotated);
    given.replayed = true;
    CHECK(refreshed_as(given) == refresh_outcome::replayed);
    struct
    {
        error why;
        refresh_outcome counted;
    } const rows[] = {
        {errc::refresh_reused, refresh_outcome::reused},      {errc::token_invalid, refresh_outcome::refused},
        {errc::unauthenticated, refresh_outcome::refused},    {our_error(errc::storage_unavailable), refresh_outcome::failed},
        {our_error(errc::internal), refresh_outcome::failed},
    };
    for (auto const& row : rows) CHECK(refreshed_as(row.why) == row.counted);
}
