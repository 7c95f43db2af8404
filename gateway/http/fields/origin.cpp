#include "gateway/http/fields/origin.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/authority.hpp"

#include <algorithm>

// Origins of RFC 6454 as browsers write them: scheme and host in lower case, no port where it is
// the usual one, `null` for pages without a site. Compared by scheme, host and port, never as
// texts, for an operator may write a port that a browser leaves out. Schemes of extensions and apps
// (`chrome-extension://`, `capacitor://`) have no usual port; 0 stands for it.

namespace yett::http {
namespace {

std::uint16_t usual_port(std::string_view scheme) noexcept
{
    if (scheme == "https" || scheme == "wss") return 443;
    if (scheme == "http" || scheme == "ws") return 80;
    return 0;
}

// Browsers write it in lower case.
bool is_scheme(std::string_view text) noexcept
{
    auto const fits = [](char c) {
        return (c >= 'a' && c <= 'z') || ascii::is(c, ascii::digit_char) || c == '-' || c == '+' || c == '.';
    };
    return !text.empty() && text.front() >= 'a' && text.front() <= 'z' && std::ranges::all_of(text, fits);
}

bool is_file(std::string_view field) noexcept
{
    return field == "file://" || field == "file:///";
}

} // namespace

std::optional<web_origin> parse_origin(std::string_view text) noexcept
{
    auto const colon = text.find("://");
    if (colon == text.npos || !is_scheme(text.substr(0, colon))) return {};
    auto const where = parse_authority(text.substr(colon + 3));
    if (!where) return {};
    auto const scheme = text.substr(0, colon);
    return web_origin{scheme, where->host, where->port.value_or(usual_port(scheme))};
}

std::optional<web_origin> origin_of(std::string_view host, bool https) noexcept
{
    auto const where = parse_authority(host);
    if (!where) return {};
    std::string_view const scheme = https ? "https" : "http";
    return web_origin{scheme, where->host, where->port.value_or(usual_port(scheme))};
}

bool same_origin(web_origin const& a, web_origin const& b) noexcept
{
    return a.scheme == b.scheme && same_server({a.host, a.port}, {b.host, b.port}, 0);
}

origin_list::origin_list(std::span<std::string const> allowed)
{
    for (auto const& each : allowed) {
        if (each == "*") all_ = true;
        else if (each == "null") null_ = true;
        else if (is_file(each)) file_ = true;
        else if (auto const o = parse_origin(each)) named_.push_back({std::string{o->scheme}, std::string{o->host}, o->port});
    }
}

// A name first: who is listed beside "*" may be trusted with cookies, and the others not.
origin_list::admission origin_list::judge(std::string_view field) const noexcept
{
    if (auto const given = parse_origin(field)) {
        auto const is_given = [&given](name const& n) { return same_origin({n.scheme, n.host, n.port}, *given); };
        if (std::ranges::any_of(named_, is_given)) return admission::by_name;
    }
    auto const open = all_ || (null_ && field == "null") || (file_ && is_file(field));
    return open ? admission::openly : admission::none;
}

} // namespace yett::http
