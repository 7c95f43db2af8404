#pragma once

#include "gateway/limits/limiter.hpp"
#include "gateway/limits/shared/known_refusals.hpp"

#include <atomic>
#include <optional>
#include <vector>

namespace yett::limits {

// Spends from limits that several programs count together, elsewhere. One of each worker.
//
// One round trip a list, and none for whoever was refused a moment ago. While elsewhere does not answer, this
// program counts its share of each limit (share.hpp) in `here`, tries again once a second with one request,
// and no caller hears of it: an answer there always is.
class shared_limiter
{
public:
    static constexpr nanoseconds rest = std::chrono::seconds{1};

    // `nodes` is how many programs were last seen to count together. Both outlive it.
    shared_limiter(counters& elsewhere, std::atomic<unsigned> const& nodes, hash_secret const& secret)
        : elsewhere_{elsewhere},
          nodes_{nodes},
          refusals_{secret}
    {
    }
    shared_limiter(shared_limiter const&) = delete;
    shared_limiter& operator=(shared_limiter const&) = delete;

    using list = limiter::list;
    // The answer where there is no need to ask: a refusal that is known, or the share. None: await `spend`.
    std::optional<limit_result> spend_at_hand(limiter const& here, list limits, subject const& who, steady_time now);
    // Spends from each limit. When one refuses, the others get back what was spent. `here`, `who` and what `limits`
    // points to must live until it is answered.
    task<limit_result> spend(limiter const& here, list limits, subject const& who, steady_time now);

    // The request's end, of a list that was counted elsewhere. It failed: what limits on failures lent is spent.
    void failed(limit_result const& a, subject const& who, steady_time now) noexcept;
    // It succeeded: what limits on failures lent comes back.
    void succeeded(limit_result const& a, subject const& who, steady_time now) noexcept;
    // It was not tried after all: everything comes back.
    void give_back(limit_result const& a, subject const& who, steady_time now) noexcept;

private:
    std::optional<limit_result> refuse_at_hand(list limits, subject const& who, steady_time now) const;
    task<result<std::vector<limit_verdict>>> ask(std::span<charge const> what);
    limit_result judge(std::span<charge const> charges, std::span<limit_verdict const> told);
    void give_back_beside(limit const& refusing, std::span<charge const> charges, std::span<limit_verdict const> told);
    void settle(limit_result::state const& spent, subject const& who, steady_time now, charge_end how) noexcept;

    counters& elsewhere_;
    std::atomic<unsigned> const& nodes_;
    known_refusals refusals_;
    std::optional<steady_time> away_until_; // before it nobody asks; then one does, for all
};

} // namespace yett::limits
