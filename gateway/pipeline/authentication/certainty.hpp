#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/async/waiter.hpp"
#include "gateway/base/result.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "gateway/tokens/completeness.hpp"

#include <cstddef>
#include <functional>
#include <vector>

namespace yett::pipeline {

// Whether a token that nothing known here speaks against is good on all nodes. Other nodes revoke
// what this one hears of a moment later; when it has heard of nothing for too long, requests wait
// until what was revoked meanwhile has been read. One for each worker.
class certainty
{
public:
    struct parts
    {
        tokens::completeness const* known; // null: nobody else revokes anything
        tokens::staleness_rules rules;
        std::function<void()> read; // has it read; answered() tells what came of it
        base::deadlines& times;
        executor on;
        telemetry::by<telemetry::stale_outcome>& figures;
        steady_time (*clock)() noexcept = steady_now; // what `times` last saw may be from before a sleep
    };
    explicit certainty(parts p);
    // Whoever waits is destroyed; the worker has ended.
    ~certainty();
    certainty(certainty const&) = delete;
    certainty& operator=(certainty const&) = delete;

    // As of when all revocations are known. Ask before a token is looked at.
    boot_time known_at() const noexcept { return parts_.known ? parts_.known->at() : boot_time{}; }
    // Whether what was found at that moment still holds. Ask right before the request goes on:
    // the process may have slept in between.
    bool holds(boot_time known_at) const noexcept
    {
        return !parts_.known || tokens::step_for(known_at, boot_now(), parts_.rules, false) == tokens::next_step::go_on;
    }

    // Has what was revoked read, if need be, for two seconds at most. The token has to be looked at
    // again after that. Fails with storage_unavailable when nobody knows and the rules want to.
    task<result<void>> catch_up();

    // A look that was asked for has come to its end.
    void answered(bool fine);

private:
    task<bool> wait(steady_time until);

    parts parts_;
    std::vector<base::waiter*> waiting_;
    bool asked_ = false;
    bool fine_ = false; // the last look that was asked for
};

} // namespace yett::pipeline
