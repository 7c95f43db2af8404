#include "gateway/pipeline/request/session_cookies.hpp"

#include "gateway/accounts/grant.hpp"

// A session in cookies. Both have the same path, domain and flags, from the snapshot; none has
// `Max-Age` unless the user asked to be remembered, so that it ends with the browser. A cookie is
// deleted by one of the same name, path and domain: with any other the old one stays beside it,
// which is why `delete_everywhere` tries each that there may be.

namespace yett::pipeline {
namespace {

http::set_cookie cookie_of(auth_transport const& way, std::string const& name)
{
    http::set_cookie cookie;
    cookie.name = name;
    cookie.path = way.cookie_path;
    cookie.domain = way.cookie_domain;
    cookie.secure = way.secure;
    cookie.same_site = way.same_site;
    return cookie;
}

result<void> add(http::reply& r, result<std::string> line)
{
    if (!line) return line.error();
    r.fields.emplace_back("Set-Cookie", std::move(*line));
    return {};
}

} // namespace

result<void> add_cookies(http::reply& r, auth_transport const& way, accounts::grant const& g, wall_time now)
{
    if (way.access_in_cookie) {
        auto cookie = cookie_of(way, way.access_cookie);
        cookie.value = g.access_token.reveal();
        if (g.remembered) cookie.max_age = g.expires_in;
        if (auto added = add(r, http::format(cookie)); !added) return added.error();
    }
    if (!way.refresh_in_cookie) return {};
    auto cookie = cookie_of(way, way.refresh_cookie);
    cookie.value = g.refresh_token.reveal();
    if (g.remembered) cookie.max_age = std::chrono::floor<seconds>(g.refresh_until - now);
    return add(r, http::format(cookie));
}

result<void> add_deletions(http::reply& r, auth_transport const& way)
{
    if (way.access_in_cookie)
        if (auto added = add(r, http::format_deletion(cookie_of(way, way.access_cookie))); !added) return added.error();
    if (!way.refresh_in_cookie) return {};
    return add(r, http::format_deletion(cookie_of(way, way.refresh_cookie)));
}

void delete_everywhere(reply_fields& to, auth_transport const& way, std::string const& name)
{
    std::vector<std::string> domains{{}};
    if (!way.cookie_domain.empty()) domains.push_back(way.cookie_domain);
    for (auto const& domain : domains)
        for (auto const& path : way.cookie_paths) {
            auto cookie = cookie_of(way, name);
            cookie.domain = domain;
            cookie.path = path;
            // A name that promises to have neither cannot lie there.
            if (auto line = http::format_deletion(cookie)) to.emplace_back("Set-Cookie", std::move(*line));
        }
}

void keep_cookie(reply_fields& to, auth_transport const& way, std::string const& name, std::string_view value, milliseconds left,
                 bool lasting)
{
    auto cookie = cookie_of(way, name);
    cookie.value = value;
    if (lasting) cookie.max_age = std::chrono::floor<seconds>(left);
    if (auto line = http::format(cookie)) to.emplace_back("Set-Cookie", std::move(*line));
}

} // namespace yett::pipeline
