#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"
#include "gateway/limits/limit.hpp"
#include "gateway/limits/limit_verdict.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace yett::limits {

// What is spent from which counter. The views need to live until the call is answered.
struct charge
{
    limit const* of;
    std::string_view key; // bytes; different for different keys of the limit, no secret is needed to read it
    steady_time now;
    std::uint32_t cost = 1;
};

// Port: where limits are counted. Shared by all workers and called from each of them.
//
// Spending is atomic: however many charges arrive together, no more are allowed than
// the limit has room for. A refused charge counts nothing.
class counters
{
public:
    virtual ~counters() = default;

    // The answer when there is no need to wait for it; an adapter either always has one
    // or never.
    virtual std::optional<limit_verdict> spend_at_hand(charge const& what) noexcept = 0;
    // Fails with storage_unavailable.
    virtual task<result<limit_verdict>> spend(charge what) = 0;
    // Undoes a charge that was allowed, so far as it still counts. `now` is the current
    // time; an undone charge that no longer exists is not missed.
    virtual void give_back(charge const& what, tick stamp) noexcept = 0;
    // What spending would answer, and spends nothing.
    virtual task<result<limit_verdict>> peek(charge what) = 0;
};

} // namespace yett::limits
