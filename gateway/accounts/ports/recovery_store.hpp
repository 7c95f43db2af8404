#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"

#include <cstddef>
#include <optional>

namespace yett::accounts {

// What lost its effect.
struct voided
{
    std::size_t sessions = 0;
    std::size_t links = 0;
    std::size_t letters = 0;

    std::size_t all() const noexcept { return sessions + links + letters; }
};

// What a store that came out of a backup needs besides its ports. The promises of user_store hold
// here, too.
class recovery_store
{
public:
    virtual ~recovery_store() = default;

    // The last thing that anything in the store tells of, so about the end of the backup; nothing
    // when it tells of nothing. What is said to lie behind `now` does not count.
    virtual task<result<std::optional<wall_time>>> last_moment(wall_time now) = 0;

    // Ends sessions that have not ended, forgets links, and gives letters up that wait; at most
    // `limit` of each. Nothing is left when it did nothing.
    virtual task<result<voided>> void_some(wall_time now, std::size_t limit) = 0;
};

} // namespace yett::accounts
