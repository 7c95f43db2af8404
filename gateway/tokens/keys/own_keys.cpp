#include "gateway/tokens/keys/own_keys.hpp"

#include <algorithm>

namespace yett::tokens {

own_key const& signing_among(std::span<own_key const> keys, wall_time now) noexcept
{
    for (auto at = keys.rbegin(); at != keys.rend(); ++at)
        if (at->signs_from <= now) return *at;
    return keys.front();
}

wall_time retires_at(std::span<own_key const> keys, own_key const& one) noexcept
{
    auto soonest = wall_time::max();
    for (auto const& each : keys)
        if (each.number > one.number) soonest = std::min(soonest, std::max(each.signs_from, one.signs_from));
    return soonest;
}

key_state state_of(std::span<own_key const> keys, own_key const& one, key_schedule const& by, wall_time now) noexcept
{
    auto const& signing = signing_among(keys, now);
    if (one.number == signing.number) return key_state::signing;
    if (one.number > signing.number) return key_state::coming;
    return now - by.keep_for < retires_at(keys, one) ? key_state::retired : key_state::spent;
}

wall_time successor_due(std::span<own_key const> keys, key_schedule const& by) noexcept
{
    return keys.back().signs_from + by.rotate_every - by.publish_before;
}

wall_time successor_signs_from(std::span<own_key const> keys, key_schedule const& by, wall_time now) noexcept
{
    return std::max(keys.back().signs_from + by.rotate_every, now + by.publish_before);
}

} // namespace yett::tokens
