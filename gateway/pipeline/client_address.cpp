#include "gateway/pipeline/client_address.hpp"

#include "gateway/http/authority.hpp"
#include "gateway/http/exchange.hpp"

#include <algorithm>
#include <utility>

namespace yett::pipeline {
namespace {

bool is_trusted(ip_address const& address, std::span<ip_prefix const> trusted)
{
    return std::any_of(trusted.begin(), trusted.end(), [&](auto const& each) { return each.contains(address); });
}

std::string_view trim(std::string_view text)
{
    auto const from = text.find_first_not_of(" \t");
    if (from == text.npos) return {};
    return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

// Takes the last element off a comma-separated list.
std::string_view take_last(std::string_view& list)
{
    auto const comma = list.rfind(',');
    auto const last = trim(comma == list.npos ? list : list.substr(comma + 1));
    list = comma == list.npos ? std::string_view{} : list.substr(0, comma);
    return last;
}

// False when the walk has found the client or can go no further.
bool walk(std::string_view list, std::span<ip_prefix const> trusted, client& found)
{
    while (!list.empty()) {
        auto const hop = parse_ip(take_last(list));
        if (!hop) return false;
        if (std::exchange(found.named, true)) found.hops.insert(0, ", " + to_string(found.address));
        found.address = *hop;
        if (!is_trusted(found.address, trusted)) return false;
    }
    return true;
}

} // namespace

client address_of(http::peer const& peer, http::head const& head, std::span<ip_prefix const> trusted)
{
    client found;
    found.https = peer.tls;
    found.address = parse_ip(peer.address).value_or(ip_address{});
    if (trusted.empty() || !is_trusted(found.address, trusted)) {
        found.text = peer.address;
        return found;
    }
    found.behind_proxy = true;
    auto const fields = head.fields();
    // Several fields are one list (RFC 9110 section 5.3), so the last field is the right end.
    for (auto field = fields.rbegin(); field != fields.rend(); ++field)
        if (field->id == http::known::x_forwarded_for && !walk(field->value, trusted, found)) break;
    if (auto const* proto = head.find(http::known::x_forwarded_proto)) found.https = proto->value == "https";
    if (auto const host = head.value(http::known::x_forwarded_host); http::parse_authority(host)) found.host = host;
    found.text = to_string(found.address);
    return found;
}

} // namespace yett::pipeline
