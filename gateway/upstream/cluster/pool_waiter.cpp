#include "gateway/upstream/cluster/pool_waiter.hpp"

#include "gateway/upstream/cluster/options.hpp"

#include <algorithm>
#include <utility>

// Whoever leaves the queue does so once, whatever the reason: a connection, a deadline, or the client that has
// gone. The first of them takes the waiter out, and the coroutine that waits is woken from the event loop, so that
// the others find nobody to wake.

namespace yett::upstream {

pool_waiter::~pool_waiter()
{
    if (queue_) queue_->waiting_.erase(queue_->waiting_.iterator_to(*this));
}

task<void> pool_waiter::wait_in(pool_queue& line, base::deadlines& deadlines, milliseconds at_most)
{
    base::deadlines::entry limit{[this] { give_up(outcome::late); }};
    outcome_ = outcome::waiting;
    queue_ = &line;
    line.waiting_.push_back(*this);
    line.changed_();
    deadlines.arm_after(limit, at_most);
    co_await waiter_.wait();
}

void pool_waiter::cancel() noexcept
{
    cancelled_ = true;
    give_up(outcome::cancelled);
}

void pool_waiter::give_up(outcome why) noexcept
{
    if (queue_) leave(why);
}

void pool_waiter::leave(outcome with) noexcept
{
    outcome_ = with;
    auto& from = *std::exchange(queue_, nullptr);
    from.waiting_.erase(from.waiting_.iterator_to(*this));
    from.changed_();
    waiter_.wake_later(from.executor_);
}

pool_waiter* pool_queue::next(shares const& of) noexcept
{
    auto const found = std::ranges::find_if(waiting_, [&of](pool_waiter const& each) { return of.has_room(each.client_); });
    return found == waiting_.end() ? nullptr : &*found;
}

bool pool_queue::is_full_for(pool_waiter const& t, pool_options const& options, shares const& of) const noexcept
{
    if (size() >= options.pending) return true;
    if (!of.are_limited()) return false;
    auto const part = std::max<std::size_t>(1, options.pending * options.per_client / options.connections);
    if (size() < part) return false;
    auto const same = [&t](pool_waiter const& other) { return shares::is_same(t.client_, other.client_); };
    return static_cast<std::size_t>(std::ranges::count_if(waiting_, same)) >= part;
}

void pool_queue::drop_all() noexcept
{
    while (!waiting_.empty()) {
        auto& t = waiting_.front();
        waiting_.pop_front();
        t.queue_ = nullptr;
        t.waiter_.drop();
    }
}

} // namespace yett::upstream
