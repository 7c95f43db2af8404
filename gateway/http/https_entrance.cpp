#include "gateway/http/https_entrance.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/target.hpp"

#include <fmt/format.h>

#include <algorithm>

// Sends clients from http to https. Only for names that a certificate of ours is for: else anybody
// could have the gateway redirect to whatever stands in a Host field, and a cache would keep that.
// A wildcard covers one label (RFC 9525 section 6.3).

namespace yett::http {
namespace {

constexpr std::uint16_t usual_port = 443;

std::optional<ip_address> address_in(std::string_view host)
{
    auto const bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    return parse_ip(bracketed ? host.substr(1, host.size() - 2) : host);
}

std::string lower(std::string_view text)
{
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](char c) { return ascii::lower(c); });
    return out;
}

bool covers(std::string_view name, std::string_view host)
{
    if (!name.starts_with("*.")) return name == host;
    auto const dot = host.find('.');
    return dot != host.npos && dot != 0 && host.substr(dot) == name.substr(1);
}

} // namespace

certificate_names::certificate_names(std::span<std::string const> names)
{
    for (auto const& each : names) {
        if (auto const address = parse_ip(each)) addresses_.push_back(*address);
        else names_.push_back(lower(each));
    }
}

bool certificate_names::have(std::string_view host) const
{
    if (auto const address = address_in(host)) return std::ranges::find(addresses_, *address) != addresses_.end();
    return std::ranges::any_of(names_, [host](auto const& name) { return covers(name, host); });
}

std::optional<std::string> https_entrance::address_for(target const& asked, std::uint16_t asked_port) const
{
    if (!asked.path().starts_with('/') || !names_.have(asked.host())) return std::nullopt;
    auto address = fmt::format("https://{}", asked.host());
    auto const port = is_where_asked() ? asked_port : port_;
    if (port != usual_port) address += fmt::format(":{}", port);
    address += asked.path();
    if (asked.has_query()) address.append("?").append(asked.query());
    return address;
}

bool may_be_https_only(std::string_view host)
{
    constexpr std::string_view here = "localhost";
    if (host.empty() || address_in(host)) return false;
    auto const last = host.substr(host.rfind('.') + 1); // RFC 6761 section 6.3: names below it, too
    return !ascii::equal_ignoring_case(last, here);
}

} // namespace yett::http
