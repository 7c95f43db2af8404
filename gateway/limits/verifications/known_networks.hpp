#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/limits/network.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

namespace yett::limits {

// The networks in which somebody proved who they are within the last minute.
//
// A table of 256 KiB that never grows: 32,768 networks, and one more displaces whichever of eight was proved longest ago.
// Who was displaced is known again with the next request. Of all workers, and without a lock: one look is one cache
// line, and a network is written down once a second at most. Two that note at one moment may lose one of the two.
class known_networks
{
public:
    static constexpr seconds memory{60};

    // The secret keeps strangers from choosing networks that displace each other.
    explicit known_networks(std::uint64_t secret) : secret_{secret}, sets_(set_count) {}

    void note(network const& from, wall_time now) noexcept;
    // By a clock that was set back nobody is known.
    bool knows(network const& from, wall_time now) const noexcept;

private:
    static constexpr std::size_t set_count = 4096;

    // Of each network some bits of its hash, and when it was proved; 0 is an empty place.
    struct alignas(64) set
    {
        std::array<std::atomic<std::uint64_t>, 8> places{};
    };
    struct name
    {
        std::size_t set;
        std::uint32_t tag;
    };
    name name_of(network const& from) const noexcept;

    std::uint64_t secret_;
    std::vector<set> sets_;
};

} // namespace yett::limits
