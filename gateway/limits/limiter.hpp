#pragma once

#include "gateway/limits/counters.hpp"
#include "gateway/limits/limit_reservations.hpp"
#include "gateway/limits/network.hpp"

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yett::limits {

// Who asks, as far as limits are concerned. A part that a limit's key names and that is
// empty here is replaced by the client, so nobody escapes a limit by leaving it out.
struct subject
{
    network client;
    std::string_view user;                                         // the proved identity's subject
    std::string_view account;                                      // the address tried; letters count without case
    std::string_view device{};                                     // one that the account knows, which counts by itself there
    std::string_view token;                                        // the token's id
    std::uint32_t route = 0;                                       // policies::route::index
    std::function<std::string_view(std::string_view name)> header; // empty when absent
};

inline constexpr std::size_t most_limits = 8;

// The limits of one rule, resolved once and spent in this order.
struct chain
{
    // Those that can be spent at once, and those that wait for the identity.
    std::vector<limit const*> early;
    std::vector<limit const*> late;

    bool empty() const noexcept { return early.empty() && late.empty(); }
};

// What became of a request at its limits. While it lives, what limits on failures took of an
// allowed request counts as reserved.
class limit_result
{
public:
    struct state
    {
        limit const* of;
        std::uint32_t remaining;
        nanoseconds reset;
        tick stamp;
        bool over; // it refused, or would have if it did more than report
    };

    bool allowed() const noexcept { return refused_by_ == nullptr; }
    explicit operator bool() const noexcept { return allowed(); }
    // Null when allowed.
    limit const* refused_by() const noexcept { return refused_by_; }
    nanoseconds retry_after() const noexcept { return retry_after_; }
    // Refused though failures have not used up the limit: requests under way, whose end is
    // not known yet, hold the rest. It is worth asking again soon.
    bool held_by_inflight() const noexcept { return held_by_inflight_; }
    // For Retry-After (RFC 9110 section 10.2.3): rounded up, at least 1.
    std::chrono::seconds retry_after_seconds() const noexcept;
    // The first limit that would have refused, had it not been told to report only; null when none.
    limit const* reported_by() const noexcept;
    // What was looked at, the refusing limit last.
    std::span<state const> states() const noexcept { return {states_.data(), count_}; }

private:
    friend class limiter;
    void note(limit const& of, limit_verdict const& v) noexcept
    {
        states_[count_++] = {&of, v.remaining, v.reset, v.stamp, !v.allowed};
    }

    std::array<state, most_limits> states_;
    std::size_t count_ = 0;
    limit const* refused_by_ = nullptr;
    nanoseconds retry_after_{};
    bool held_by_inflight_ = false;
    std::vector<limit_reservation> reserved_;
};

// Values of the fields of draft-ietf-httpapi-ratelimit-headers, for limits that are
// announced; empty when there are none.
//   RateLimit: "per_user";r=199;t=1          RateLimit-Policy: "per_user";q=100;w=1
std::string rate_limit_field(limit_result const& a);
std::string rate_limit_policy_field(limit_result const& a);

// Spends from the limits of a rule. Made anew by a reload over the same counters, which keep
// what was counted for limits that did not change; what is reserved, each limiter knows for itself.
class limiter
{
public:
    // `specs` replace built-in limits of the same name and add to them. Every spec must be
    // without complaints and every name given once; throws std::invalid_argument otherwise.
    limiter(std::shared_ptr<counters> counting, std::vector<limit_spec> const& specs);
    limiter(limiter const&) = delete;
    limiter& operator=(limiter const&) = delete;

    // Null when there is no limit of that name.
    limit const* named(std::string_view name) const noexcept;
    // Fails with not_found whose note names the unknown limit, and with conflict for more than most_limits.
    result<chain> resolve(std::span<std::string const> names) const;

    // Spends from each limit in order. When one refuses, the others get back what was
    // spent. The answer is there at once unless the counters live elsewhere; then
    // nothing was done and `spend` has to be awaited:
    //
    //     auto spent = limiter.spend_at_hand(list, who, now);
    //     if (!spent) { auto waited = co_await limiter.spend(list, who, now); ... }
    using list = std::span<limit const* const>; // chain::early or chain::late
    std::optional<limit_result> spend_at_hand(list limits, subject const& who, steady_time now) const;
    // `who` and what `limits` points to must live until it is answered.
    task<result<limit_result>> spend(list limits, subject const& who, steady_time now) const;

    // The request succeeded: what limits on failures took comes back.
    void succeeded(limit_result const& a, subject const& who, steady_time now) const;
    // The request was not tried after all (overloaded, shed): everything comes back.
    void give_back(limit_result const& a, subject const& who, steady_time now) const;

private:
    void give_back(limit_result::state const& spent, subject const& who, steady_time now) const;
    std::optional<limit_verdict> spend_at_hand(charge const& what, limit_result& a) const;
    task<result<limit_verdict>> spend(charge const& what, limit_result& a) const;
    limit_reservations& reservations_for(charge const& what) const;
    void note_reservation(limit_reservations::turn const& mine, charge const& what, limit_verdict const& v,
                          limit_result& a) const;
    bool settle(limit const& from, limit_verdict const& v, subject const& who, steady_time now, limit_result& a) const;

    std::shared_ptr<counters> counting_;
    mutable std::array<limit_reservations, 16> reservations_; // by key, so that workers seldom meet
    std::vector<std::unique_ptr<limit const>> limits_;
};

} // namespace yett::limits
