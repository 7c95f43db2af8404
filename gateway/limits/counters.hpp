#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"
#include "gateway/limits/limit.hpp"
#include "gateway/limits/limit_verdict.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace yett::limits {

// What is spent from which counter. The views need to live until the call is answered.
struct charge
{
    limit const* of;
    std::string_view key; // bytes; different for different keys of the limit, no secret is needed to read it
    steady_time now;
    std::uint32_t cost = 1;
};

// What becomes of a charge once the request's end is known.
enum class charge_end : std::uint8_t
{
    given_back, // the request was none that the limit counts
    confirmed,  // it was: what was only lent is spent for good
};

// Port: where limits are counted.
//
// Spending from one counter is atomic: however many charges arrive together, no more are allowed than
// the limit has room for. A refused charge counts nothing.
//
// What a limit on failures allows is lent until `settle` says how the request ended. Who asks is told of
// a refusal whether loans are its reason: by limit_verdict::held where counters are shared by programs,
// which may die and leave loans behind that end by themselves (longest_loan); by limit_reservations
// where they are not.
class counters
{
public:
    virtual ~counters() = default;

    // An answer to each, in their order and each as if it were asked alone, for one round trip. Fails with
    // storage_unavailable; nobody knows then what was spent.
    virtual task<result<std::vector<limit_verdict>>> spend(std::span<charge const> what) = 0;
    // Of a charge that was allowed under this stamp, so far as it still counts; one that no longer does is
    // not missed. `now` is the current time. Answers nothing, and may be late or lost on the way.
    virtual void settle(charge const& what, tick stamp, charge_end how) noexcept = 0;
};

// How long a program that shares counters lends at most, without word of the request's end. Longer than any
// account endpoint can take over a body, so that nobody guesses more often by sending it slowly.
inline constexpr nanoseconds longest_loan = std::chrono::minutes{2};

// For how long one unit of the limit is lent; 0 for limits that lend nothing.
nanoseconds loan_of(limit const& of) noexcept;

} // namespace yett::limits
