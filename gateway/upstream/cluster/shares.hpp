#pragma once

#include "gateway/base/ip.hpp"

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace yett::upstream {

// How many of something limited each client holds: an IPv4 address, or the /64 of an IPv6
// address. Not thread-safe.
class shares
{
public:
    // For each client, out of `all`; as many as that is no limit, and nothing is counted.
    shares(std::size_t most, std::size_t all);

    using holding = std::uint32_t; // how many a client holds
    // Whether the client holds fewer than it may.
    bool has_room(ip_address const& client) const noexcept;
    // Counts one more, which is given back once. Null where nothing is counted.
    holding* take(ip_address const& client);
    static void give_back(holding* of) noexcept
    {
        if (of) --*of;
    }

    bool are_limited() const noexcept { return limited_; }
    static bool is_same(ip_address const& a, ip_address const& b) noexcept { return key_of(a) == key_of(b); }

private:
    // A client as it is counted: the upper half of an IPv6 address, or an IPv4 address.
    struct key
    {
        std::uint64_t upper, lower;
        friend bool operator==(key const&, key const&) = default;
    };
    struct mix
    {
        std::uint64_t secret; // nobody can choose addresses that meet
        std::size_t operator()(key const& k) const noexcept;
    };
    static key key_of(ip_address const& client) noexcept;
    // Drops those who hold nothing, when there are many of them.
    void forget_some();

    std::size_t most_;
    bool limited_;
    std::size_t forget_at_;
    std::unordered_map<key, holding, mix> held_; // its values do not move
};

} // namespace yett::upstream
