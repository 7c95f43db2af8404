#include "gateway/net/admission.hpp"

#include <algorithm>

namespace yett::net {

namespace {

// One subscriber usually holds a whole /64 of IPv6, so the lower half says nothing.
std::array<std::uint8_t, 16> key_of(ip_address const& client) noexcept
{
    auto key = client.bytes;
    if (!client.is_v4()) std::fill(key.begin() + 8, key.end(), std::uint8_t{0});
    return key;
}

} // namespace

admission::part& admission::part_of(client_key const& key) noexcept
{
    unsigned mixed = 0;
    for (auto const b : key) mixed = mixed * 31 + b;
    return parts_[mixed % parts_.size()];
}

bool admission::part::is_full(client_key const& key, client_limits const& limits) const
{
    auto const at = counts.find(key);
    return (at == counts.end() ? 0 : at->second) >= limits.connections_per_client;
}

bool admission::take_place(client_limits const& limits, bool instead) noexcept
{
    if (open_.fetch_add(1, std::memory_order_relaxed) < limits.connections || instead) return true;
    open_.fetch_sub(1, std::memory_order_relaxed);
    return false;
}

// The client's own count first: whoever has enough must not have others make room.
admission::verdict admission::admit(ip_address const& client, client_limits const& limits, bool instead)
{
    auto const key = key_of(client);
    auto& p = part_of(key);
    std::lock_guard const lock{p.mutex};
    if (p.is_full(key, limits)) return verdict::too_many_of_this_client;
    if (!take_place(limits, instead)) return verdict::too_many;
    ++p.counts[key];
    return verdict::admitted;
}

admission::verdict admission::admit_unnamed(client_limits const& limits, bool instead)
{
    return take_place(limits, instead) ? verdict::admitted : verdict::too_many;
}

admission::verdict admission::name(ip_address const& client, client_limits const& limits)
{
    auto const key = key_of(client);
    auto& p = part_of(key);
    std::lock_guard const lock{p.mutex};
    if (p.is_full(key, limits)) return verdict::too_many_of_this_client;
    ++p.counts[key];
    return verdict::admitted;
}

void admission::release_unnamed()
{
    open_.fetch_sub(1, std::memory_order_relaxed);
}

void admission::release(ip_address const& client)
{
    release_unnamed();
    auto const key = key_of(client);
    auto& p = part_of(key);
    std::lock_guard const lock{p.mutex};
    auto const at = p.counts.find(key);
    if (at != p.counts.end() && --at->second == 0) p.counts.erase(at);
}

} // namespace yett::net
