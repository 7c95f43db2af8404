#include "gateway/pipeline/same_origin.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/head.hpp"

#include <algorithm>

namespace yett::pipeline {
namespace {

// Browsers leave out the port that the scheme implies (RFC 6454 section 6.2).
std::string_view without_usual_port(std::string_view origin)
{
    std::string_view const usual = origin.starts_with("https:") ? ":443" : ":80";
    if (origin.ends_with(usual)) origin.remove_suffix(usual.size());
    return origin;
}

bool is_origin_of(std::string_view origin, bool https, std::string_view host)
{
    std::string_view const scheme = https ? "https://" : "http://";
    return origin.starts_with(scheme) && http::ascii::equal_ignoring_case(origin.substr(scheme.size()), host);
}

} // namespace

result<void> require_same_origin(http::head const& head, bool https)
{
    if (head.count(http::known::sec_fetch_site) > 1 || head.count(http::known::origin) > 1)
        return client_error(errc::csrf_rejected, "Origin or Sec-Fetch-Site comes twice");
    if (auto const* site = head.find(http::known::sec_fetch_site)) {
        if (site->value == "same-origin") return {};
        return client_error(errc::csrf_rejected, "Sec-Fetch-Site is not same-origin");
    }
    auto const* origin = head.find(http::known::origin);
    if (!origin) return client_error(errc::csrf_rejected, "neither Origin nor Sec-Fetch-Site");
    if (!is_origin_of(origin->value, https, head.host())) return client_error(errc::csrf_rejected, "a foreign Origin");
    return {};
}

result<void> refuse_foreign_origin(http::head const& head, bool https)
{
    if (!head.find(http::known::sec_fetch_site) && !head.find(http::known::origin)) return {};
    return require_same_origin(head, https);
}

result<void> require_websocket_origin(http::head const& head, bool https, std::span<std::string const> allowed, bool by_cookie)
{
    if (head.count(http::known::origin) > 1) return client_error(errc::csrf_rejected, "Origin comes twice");
    auto const* origin = head.find(http::known::origin);
    if (!origin && by_cookie) return client_error(errc::csrf_rejected, "a WebSocket by cookie without Origin");
    if (!origin) return {};
    auto const given = without_usual_port(origin->value);
    auto const is_given = [given](std::string const& each) {
        return http::ascii::equal_ignoring_case(without_usual_port(each), given);
    };
    auto const same =
        allowed.empty() ? is_origin_of(origin->value, https, head.host()) : std::any_of(allowed.begin(), allowed.end(), is_given);
    if (!same) return client_error(errc::csrf_rejected, "a WebSocket from a foreign Origin");
    return {};
}

} // namespace yett::pipeline
