#include "gateway/pipeline/authentication/certainty.hpp"

#include <utility>

namespace yett::pipeline {
namespace {

using telemetry::stale_outcome;
using tokens::next_step;

constexpr milliseconds wait_timeout{2000};
constexpr std::size_t most_waiting = 4096;

} // namespace

certainty::certainty(parts p) : parts_{std::move(p)} {}

certainty::~certainty()
{
    for (auto* each : std::exchange(waiting_, {})) each->drop();
}

// A look that was under way while the process slept may end well and be of no use.
task<result<void>> certainty::catch_up()
{
    auto const until = parts_.clock() + wait_timeout;
    auto in_vain = waiting_.size() >= most_waiting;
    for (;;) {
        auto const now = boot_now();
        switch (tokens::step_for(parts_.known->at(), now, parts_.rules, in_vain)) {
        case next_step::go_on:
            parts_.figures[holds(parts_.known->at()) ? stale_outcome::caught_up : stale_outcome::served].add();
            co_return result<void>{};
        case next_step::refuse:
            parts_.figures[stale_outcome::refused].add();
            co_return our_error(errc::storage_unavailable, "what other nodes revoked cannot be read");
        case next_step::catch_up: break;
        }
        auto const fine = co_await wait(until);
        in_vain = !fine;
    }
}

// False when the look failed or took too long.
task<bool> certainty::wait(steady_time until)
{
    base::waiter here;
    bool in_time = true;
    auto const give_up = [this, &here, &in_time] {
        in_time = false;
        std::erase(waiting_, &here);
        here.wake_later(parts_.on);
    };
    base::deadlines::entry limit{give_up};
    waiting_.push_back(&here);
    parts_.times.arm(limit, until);
    if (!std::exchange(asked_, true)) parts_.read();
    co_await here.wait();
    co_return in_time&& fine_;
}

void certainty::answered(bool fine)
{
    asked_ = false;
    fine_ = fine;
    for (auto* each : std::exchange(waiting_, {})) each->wake_later(parts_.on);
}

} // namespace yett::pipeline
