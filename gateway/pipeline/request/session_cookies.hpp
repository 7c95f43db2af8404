#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/fields/cookies.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yett::accounts {
struct grant;
} // namespace yett::accounts

namespace yett::pipeline {

// How tokens travel to and from the client.
struct auth_transport
{
    bool refresh_in_cookie = true;
    bool refresh_in_body = false;
    bool access_in_header = true; // and in the body of what hands them out
    bool access_in_cookie = false;
    std::string refresh_cookie = "__Host-yett_refresh";
    std::string access_cookie = "__Host-yett_access";
    std::string form_cookie = "__Host-yett_form";     // of this host alone, whatever the others are
    std::string next_cookie = "__Host-yett_next";     // likewise
    std::string device_cookie = "__Host-yett_device"; // of this host alone, whatever the others are
    std::string cookie_path = "/";
    std::vector<std::string> cookie_paths{"/"}; // all that our cookies may have had before
    std::string cookie_domain;                  // empty: the host that set it
    http::same_site same_site = http::same_site::lax;
    bool secure = true;
    std::string realm = "Yett"; // of challenges
    std::string login_page;     // where navigations without a session go; empty: nowhere

    bool uses_cookies() const noexcept { return refresh_in_cookie || access_in_cookie; }
};

// Adds the Set-Cookie fields that bring a grant to a browser, as far as tokens travel that
// way. The access cookie ends with its token, the refresh cookie with the session, and both with the browser when the
// session is not remembered.
// Fails (ourselves, internal) when a cookie cannot be written, as one that is too large.
result<void> add_cookies(http::reply& r, auth_transport const& way, accounts::grant const& g, wall_time now);

// Adds the Set-Cookie fields that delete both, whichever of them the browser has.
result<void> add_deletions(http::reply& r, auth_transport const& way);

// Fields of a reply, as http::reply and the context hold them.
using reply_fields = std::vector<std::pair<std::string, std::string>>;

// Deletes a cookie of ours wherever a browser may hold it: that of this host alone and that of
// the configured domain, below each of our paths. For when several came, of which nothing says
// where they lie.
void delete_everywhere(reply_fields& to, auth_transport const& way, std::string const& name);

// Sets a cookie that a browser brought once more where it belongs, after all of its name were
// deleted. `lasting`: it may outlive the browser, as cookies of sessions that are remembered do.
void keep_cookie(reply_fields& to, auth_transport const& way, std::string const& name, std::string_view value, milliseconds left,
                 bool lasting);

} // namespace yett::pipeline
