#pragma once

#include "gateway/limits/limiter.hpp"
#include "gateway/limits/shared/known_refusals.hpp"

#include <atomic>
#include <optional>
#include <vector>

namespace yett::limits {

// Spends from limits that several programs count together, elsewhere. One of each worker.
//
// One round trip for all lists that are spent from at one time, and none for whoever was refused a moment ago.
// While elsewhere does not answer, this program counts its share of each limit (share.hpp) in `here`, tries again
// once a second with one request, and no caller hears of it: an answer there always is.
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
    using lists = std::span<list const>;
    using results = std::vector<limit_result>;
    // Whether there is no need to ask: a refusal is known, or the share is what counts.
    bool answers_at_hand(lists of, subject const& who, steady_time now) const;
    // The answer where that is so, as `spend` would give it. False: await that, which asks.
    bool spend_at_hand(limiter const& here, lists of, subject const& who, steady_time now, results& to) const;
    // Spends from each limit of each list, and adds to `to` what came of each list, up to the first that refuses. In
    // that one the others get back what was spent, and so do all lists behind it; those before it keep it. All that
    // it is given must live until it is answered.
    task<void> spend(limiter const& here, lists of, subject const& who, steady_time now, results& to);

    // The request's end, of a list that was counted elsewhere. It failed: what limits on failures lent is spent.
    void failed(limit_result const& a, subject const& who, steady_time now) noexcept;
    // It succeeded: what limits on failures lent comes back.
    void succeeded(limit_result const& a, subject const& who, steady_time now) noexcept;
    // It was not tried after all: everything comes back.
    void give_back(limit_result const& a, subject const& who, steady_time now) noexcept;

private:
    bool is_away(steady_time now) const noexcept { return away_until_ && now < *away_until_; }
    std::optional<limit_result> refuse_at_hand(lists of, subject const& who, steady_time now) const;
    void spend_share(limiter const& here, lists of, subject const& who, steady_time now, results& to) const;
    task<result<std::vector<limit_verdict>>> ask(std::span<charge const> what);
    void judge(lists of, std::span<charge const> charges, std::span<limit_verdict const> told, results& to);
    limit_result judge(std::span<charge const> charges, std::span<limit_verdict const> told);
    void give_back(std::span<charge const> charges, std::span<limit_verdict const> told, limit const* refusing);
    void settle(limit_result::state const& spent, subject const& who, steady_time now, charge_end how) noexcept;

    counters& elsewhere_;
    std::atomic<unsigned> const& nodes_;
    known_refusals refusals_;
    std::optional<steady_time> away_until_; // before it nobody asks; then one does, for all
};

} // namespace yett::limits
