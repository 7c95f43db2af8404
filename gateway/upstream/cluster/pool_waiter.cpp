#include "gateway/upstream/cluster/pool_waiter.hpp"

#include "gateway/upstream/cluster/pool.hpp"

#include <utility>

// Whoever leaves the queue does so once, whatever the reason: a connection, a deadline, or the client that has
// gone. The first of them takes the waiter out, and the coroutine that waits is woken from the event loop, so that
// the others find nobody to wake.

namespace yett::upstream {

pool_waiter::~pool_waiter()
{
    if (queue_) queue_->waiting_.erase(queue_->waiting_.iterator_to(*this));
}

void pool_waiter::cancel() noexcept
{
    cancelled_ = true;
    give_up(outcome::cancelled);
}

void pool_waiter::give_up(outcome why) noexcept
{
    if (!queue_) return;
    outcome_ = why;
    leave();
}

void pool_waiter::leave() noexcept
{
    auto& from = *std::exchange(queue_, nullptr);
    from.waiting_.erase(from.waiting_.iterator_to(*this));
    from.report();
    waiter_.wake_later(from.around_.executor);
}

} // namespace yett::upstream
