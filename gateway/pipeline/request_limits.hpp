#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"

#include <cstddef>
#include <span>

namespace yett::http {
class exchange;
} // namespace yett::http
namespace yett::limits {
class limit;
class limit_lists;
class limit_result;
class shared_limiter;
struct subject;
} // namespace yett::limits
namespace yett::telemetry {
struct shard;
} // namespace yett::telemetry

namespace yett::pipeline {

struct request_context;

// What a request takes from the limits of its snapshot, and what it gets back in the end. One for each
// worker. What was taken is kept in `context.spending` in its order, whose last admission is the one
// that refused, if any did; each is counted under its limit's name.
class request_limits
{
public:
    // `shared` is where limits are counted that several programs share, null where none does. Both outlive it.
    explicit request_limits(telemetry::shard& figures, limits::shared_limiter* shared = nullptr) noexcept
        : figures_{figures},
          shared_{shared}
    {
    }
    request_limits(request_limits const&) = delete;
    request_limits& operator=(request_limits const&) = delete;

    using limit_list = std::span<limits::limit const* const>;
    // Spends from each of them, in this order. Fails with rate_limited, whose note names the limit; a limit
    // that only reports leaves that in the report instead.
    task<result<void>> spend(limit_list from, http::exchange const& ex, request_context& context);
    // The same from several lists that are known at one time: one question where they are counted elsewhere.
    task<result<void>> spend(limits::limit_lists const& from, http::exchange const& ex, request_context& context);
    // Whether the rule's `early` may be put off until somebody has looked who sends the request (early_turn::with_identity):
    // they are asked elsewhere, nothing known here speaks against it, and there may be `late` ones to ask beside them.
    bool may_put_off_early(http::exchange const& ex, request_context const& context) const;
    // From those that count by who was proved: the limit that an API key brings along for itself, so many
    // requests a minute, and the rule's `late`; before them from `early` if that was put off. To be called where
    // there are any.
    static bool has_late(request_context const& context) noexcept;
    task<result<void>> spend_late(http::exchange const& ex, request_context& context);
    // From the rule's limits that count by account, once the body has named it in `spending.account`; as a
    // device that the account knows where `spending.device` names one.
    task<result<void>> spend_for_account(http::exchange const& ex, request_context& context);

    // After the reply: gives back what the request's end says it did not use. `why` is what it failed
    // with, null where it did not.
    void settle(http::exchange const& ex, request_context const& context, error const* why) const;

private:
    using limit_lists_view = std::span<limit_list const>;
    bool spend_at_hand(limit_lists_view from, limits::subject const& who, request_context& context);
    task<result<void>> spend_patiently(limits::limit_lists from, std::size_t first, http::exchange const& ex,
                                       request_context& context);
    result<void> note(std::size_t first, request_context& context);
    void count(limits::limit_result const& spent, request_context const& context);

    telemetry::shard& figures_;
    limits::shared_limiter* shared_;
    unsigned waiting_ = 0; // requests at a limit on failures, for room
};

} // namespace yett::pipeline
