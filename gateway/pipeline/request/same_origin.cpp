#include "gateway/pipeline/request/same_origin.hpp"

#include "gateway/http/fields/origin.hpp"
#include "gateway/http/head.hpp"

#include <fmt/format.h>

namespace yett::pipeline {
namespace {

using http::known;
using http::origin_list;

// Of what a client sends as much as a log can use.
constexpr std::size_t longest_in_log = 200;

bool is_ours(std::string_view field, bool https, http::head const& head)
{
    auto const given = http::parse_origin(field);
    auto const asked = http::origin_of(head.host(), https);
    return given && asked && http::same_origin(*given, *asked);
}

bool is_friend(std::string_view field, origin_list const* friends)
{
    return friends && friends->judge(field) == origin_list::admission::by_name;
}

// Behind a proxy that is not listed everybody seems to come without TLS.
std::string_view hint(std::string_view field, bool https, http::head const& head)
{
    return is_ours(field, !https, head) ? "; whether a client came by TLS to a proxy is believed from trusted_proxies alone" : "";
}

error foreign(std::string_view what, std::string_view field, bool https, http::head const& head, std::string_view setting)
{
    return client_error(errc::csrf_rejected, fmt::format("{} from Origin \"{}\", which is not ours, \"{}://{}\", {}{}", what,
                                                         field.substr(0, longest_in_log), https ? "https" : "http", head.host(),
                                                         setting, hint(field, https, head)));
}

constexpr char const* own_is_not_listed =
    "a WebSocket from the site's own Origin, which websocket.allowed_origins does not list: what is written there is all it takes";

} // namespace

result<void> require_same_origin(http::head const& head, bool https, origin_list const* friends)
{
    if (head.count(known::sec_fetch_site) > 1 || head.count(known::origin) > 1)
        return client_error(errc::csrf_rejected, "Origin or Sec-Fetch-Site comes twice");
    auto const* origin = head.find(known::origin);
    if (origin && is_friend(origin->value, friends)) return {};
    constexpr auto setting = "nor listed in cors.origins with credentials";
    if (auto const* site = head.find(known::sec_fetch_site)) {
        if (site->value == "same-origin") return {};
        if (origin && !is_ours(origin->value, https, head))
            return foreign("a request by cookie, Basic or certificate", origin->value, https, head, setting);
        return client_error(errc::csrf_rejected, "Sec-Fetch-Site is not same-origin");
    }
    if (!origin) return client_error(errc::csrf_rejected, "neither Origin nor Sec-Fetch-Site");
    if (!is_ours(origin->value, https, head))
        return foreign("a request by cookie, Basic or certificate", origin->value, https, head, setting);
    return {};
}

result<void> refuse_foreign_origin(http::head const& head, bool https, origin_list const* friends)
{
    if (!head.find(known::sec_fetch_site) && !head.find(known::origin)) return {};
    return require_same_origin(head, https, friends);
}

bool is_sent_by_other_site(http::head const& head) noexcept
{
    if (auto const* site = head.find(known::sec_fetch_site)) {
        if (site->value == "same-site") return head.value(known::sec_fetch_mode) != "navigate";
        return site->value == "cross-site";
    }
    auto const* const origin = head.find(known::origin);
    if (!origin) return false;
    auto given = http::parse_origin(origin->value);
    auto const asked = http::origin_of(head.host(), true);
    if (!given || !asked) return true;
    // Who ends TLS in front, and at which port, is not known here.
    given->scheme = asked->scheme;
    given->port = asked->port;
    return !http::same_origin(*given, *asked);
}

result<void> require_websocket_origin(http::head const& head, bool https, websocket_origins const& who, bool ambient)
{
    if (head.count(known::origin) > 1) return client_error(errc::csrf_rejected, "Origin comes twice");
    auto const* origin = head.find(known::origin);
    if (!origin && ambient)
        return client_error(errc::csrf_rejected, "a WebSocket by cookie, Basic or certificate without Origin");
    if (!origin) return {};
    auto const& field = origin->value;
    if (who.allowed.empty()) {
        if (is_ours(field, https, head) || is_friend(field, who.friends)) return {};
        return foreign("a WebSocket", field, https, head, "and websocket.allowed_origins lists no other");
    }
    switch (who.allowed.judge(field)) {
    case origin_list::admission::by_name: return {};
    case origin_list::admission::none:
        if (is_ours(field, https, head)) return client_error(errc::csrf_rejected, own_is_not_listed);
        return foreign("a WebSocket", field, https, head, "nor in websocket.allowed_origins");
    case origin_list::admission::openly: break;
    }
    // Who lists everybody does not shut out the site itself.
    if (!ambient || is_ours(field, https, head)) return {};
    return foreign("a WebSocket by cookie, Basic or certificate", field, https, head,
                   "nor named in websocket.allowed_origins, where \"*\", \"null\" and \"file://\" stand for none by cookie");
}

} // namespace yett::pipeline
