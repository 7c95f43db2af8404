#include "gateway/limits/verifications/known_networks.hpp"

#include <cstring>

// Every request that shows a good token comes by here, so that nothing is hashed with care: whoever finds two networks of
// one set, against a secret and without an answer to learn from, has displaced one network for as long as it
// is silent.

namespace yett::limits {
namespace {

std::uint64_t scrambled(std::uint64_t x) noexcept
{
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93;
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93;
    return x ^ x >> 32;
}

std::uint32_t stamp_of(wall_time at) noexcept
{
    return static_cast<std::uint32_t>(to_unix(at));
}

std::uint64_t entry_of(std::uint32_t tag, std::uint32_t stamp) noexcept
{
    return std::uint64_t{tag} << 32 | stamp;
}

std::uint32_t tag_of(std::uint64_t entry) noexcept
{
    return static_cast<std::uint32_t>(entry >> 32);
}

// In seconds; what lies ahead of now, and an empty place, are older than all others.
std::uint32_t age_of(std::uint64_t entry, std::uint32_t now) noexcept
{
    return now - static_cast<std::uint32_t>(entry);
}

} // namespace

known_networks::name known_networks::name_of(network const& from) const noexcept
{
    std::uint64_t bits;
    std::memcpy(&bits, from.prefix.data(), sizeof bits);
    auto const hash = scrambled(scrambled(bits ^ secret_) + static_cast<std::uint64_t>(from.is));
    return {hash % set_count, static_cast<std::uint32_t>(hash >> 32)};
}

void known_networks::note(network const& from, wall_time now) noexcept
{
    auto const [where, tag] = name_of(from);
    auto const stamp = stamp_of(now);
    auto& places = sets_[where].places;
    auto* oldest = &places.front();
    for (auto& each : places) {
        auto const entry = each.load(std::memory_order_relaxed);
        if (entry == entry_of(tag, stamp)) return;
        if (tag_of(entry) == tag) return each.store(entry_of(tag, stamp), std::memory_order_relaxed);
        if (age_of(entry, stamp) > age_of(oldest->load(std::memory_order_relaxed), stamp)) oldest = &each;
    }
    oldest->store(entry_of(tag, stamp), std::memory_order_relaxed);
}

bool known_networks::knows(network const& from, wall_time now) const noexcept
{
    auto const [where, tag] = name_of(from);
    for (auto const& each : sets_[where].places) {
        auto const entry = each.load(std::memory_order_relaxed);
        if (entry != 0 && tag_of(entry) == tag && age_of(entry, stamp_of(now)) <= memory.count()) return true;
    }
    return false;
}

} // namespace yett::limits
