#pragma once

#include "gateway/limits/key_hash.hpp"

#include <optional>
#include <vector>

namespace yett::limits {

// Refusals by counters elsewhere, so that whoever is refused again and again costs a look at memory and no round
// trip. Each is believed for a second at most: somebody may have given something back, or an operator
// deleted the counter. Of fixed size; what finds its place taken displaces it, and costs a round trip more.
//
// One worker's own; no locks.
class known_refusals
{
public:
    static constexpr std::size_t places = 1024;
    static constexpr nanoseconds longest = std::chrono::seconds{1};

    explicit known_refusals(hash_secret const& secret) : secret_{secret}, places_(places) {}

    // Whom loans alone keep out is not remembered: they may come back at any moment.
    void remember(charge const& what, limit_verdict const& refusal);
    // The refusal as it would be told now; none when nothing is known that still counts.
    std::optional<limit_verdict> find(charge const& what) const;

private:
    struct known
    {
        key_hash of{};
        steady_time until{}; // believed before
        steady_time room_at{};
        steady_time reset_at{};
    };

    hash_secret secret_;
    std::vector<known> places_;
};

} // namespace yett::limits
