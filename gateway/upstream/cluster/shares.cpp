#include "gateway/upstream/cluster/shares.hpp"

#include "gateway/base/random.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

// Clients are counted by what they cannot change at will: an IPv6 client has a /64 to itself. The table keeps
// entries of clients that hold nothing, so that one that comes and goes costs no allocation, and forgets them
// when there are too many; entries that are held do not move, because connections point to theirs.

namespace yett::upstream {

namespace {

// Clients that hold nothing are remembered up to here, so that one that comes and goes
// costs no allocation.
constexpr std::size_t remembered = 1024;

} // namespace

shares::shares(std::size_t most, std::size_t all)
    : most_{most},
      limited_{most < all},
      forget_at_{remembered},
      held_{limited_ ? remembered : 0, mix{random_u64()}}
{
}

bool shares::has_room(ip_address const& client) const noexcept
{
    if (!limited_) return true;
    auto const at = held_.find(key_of(client));
    return at == held_.end() || at->second < most_;
}

shares::holding* shares::take(ip_address const& client)
{
    if (!limited_) return nullptr;
    if (held_.size() >= forget_at_) forget_some();
    auto& held = held_[key_of(client)];
    ++held;
    return &held;
}

void shares::forget_some()
{
    std::erase_if(held_, [](auto const& each) { return each.second == 0; });
    forget_at_ = std::max(remembered, 2 * held_.size());
}

shares::key shares::key_of(ip_address const& client) noexcept
{
    key k{};
    std::memcpy(&k.upper, client.bytes.data(), 8);
    if (client.is_v4()) std::memcpy(&k.lower, client.bytes.data() + 8, 8);
    return k;
}

std::size_t shares::mix::operator()(key const& k) const noexcept
{
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
    auto const first = (k.upper ^ secret) * odd;
    auto const both = (std::rotl(first, 32) ^ k.lower) * odd;
    return static_cast<std::size_t>(both ^ (both >> 32));
}

} // namespace yett::upstream
