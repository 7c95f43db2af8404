#include "gateway/upstream/load/in_flight_limit.hpp"

#include "gateway/base/random.hpp"
#include "gateway/telemetry/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>

// A turn is in one of three lists, or in none: waiting (`usual_`, `urgent_`) or `under_way_`. The coroutine that
// waits is woken from the event loop and never from inside of a call, because the giver may be in the middle of
// its own end; a turn that was given counts from that moment, whether or not its coroutine has run.
//
// Whoever is under way may outlive the limit when a worker ends without waiting for anybody. It is forgotten
// then, and gives nothing back.

namespace yett::upstream {
namespace {

// Not all workers measure at the same moment: a tenth earlier or later.
std::optional<adaptive_limit> adaptive_of(in_flight_options const& o, steady_time now)
{
    if (!o.adaptive) return std::nullopt;
    auto wanted = *o.adaptive;
    auto const tenth = static_cast<std::uint64_t>(wanted.interval.count() / 10);
    wanted.interval += milliseconds{static_cast<std::int64_t>(random_u64() % (2 * tenth + 1))} - milliseconds{tenth};
    return adaptive_limit{wanted, o.most, now};
}

} // namespace

void turn::give_back() noexcept
{
    if (limit_) limit_->leave(*this);
}

void turn::replied(std::chrono::nanoseconds after, steady_time now) noexcept
{
    if (state_ == state::under_way && limit_) limit_->learn(after, now);
}

void turn::cancel() noexcept
{
    if (state_ == state::waiting) limit_->wake(*this, state::cancelled);
}

in_flight_limit::in_flight_limit(in_flight_options const& options, dependencies const& around)
    : options_{options},
      around_{around},
      shares_{options.per_client, options.most},
      adaptive_{adaptive_of(options, around.deadlines.now())}
{
    report();
}

in_flight_limit::~in_flight_limit()
{
    for (auto& each : under_way_) each.limit_ = nullptr;
    under_way_.clear();
    for (auto* queue : {&usual_, &urgent_})
        while (!queue->empty()) {
            auto& each = queue->front();
            queue->pop_front();
            each.limit_ = nullptr;
            each.state_ = turn::state::outside;
            each.waiter_.drop();
        }
}

bool in_flight_limit::has_room_for(turn const& t) const noexcept
{
    return under_way_.size() < limit() && shares_.has_room(t.client_);
}

// Where there is room, nobody waits but those whose share is spent.
bool in_flight_limit::try_take(turn& t)
{
    if (!has_room_for(t)) return false;
    begin(t);
    return true;
}

void in_flight_limit::begin(turn& t)
{
    t.limit_ = this;
    t.held_ = shares_.take(t.client_);
    t.state_ = turn::state::under_way;
    under_way_.push_back(t);
    report();
}

task<result<void>> in_flight_limit::take(turn& t)
{
    if (try_take(t)) co_return result<void>{};
    if (!make_room_for(t)) co_return overloaded(t, "too many requests wait for their turn");
    base::deadlines::entry limit{[this, &t] {
        if (t.state_ == turn::state::waiting) wake(t, turn::state::late);
    }};
    t.limit_ = this;
    t.state_ = turn::state::waiting;
    queue_of(t).push_back(t);
    report();
    around_.deadlines.arm_after(limit, options_.wait);
    co_await t.waiter_.wait();
    if (t.state_ == turn::state::under_way) co_return result<void>{};
    if (t.state_ == turn::state::cancelled) co_return client_error(errc::peer_broke_off, "gave up waiting for its turn");
    co_return overloaded(t, "its turn did not come in time");
}

bool in_flight_limit::make_room_for(turn const& t) noexcept
{
    if (waits_enough(t)) return false;
    if (waiting() < options_.queue) return true;
    auto& from = usual_.empty() && t.urgent_ ? urgent_ : usual_;
    if (from.empty()) return false;
    wake(from.front(), turn::state::late);
    return true;
}

// A client's part of the queue is like that of the requests under way.
bool in_flight_limit::waits_enough(turn const& t) const noexcept
{
    if (!shares_.are_limited()) return false;
    auto const part = std::max<std::size_t>(1, options_.queue * options_.per_client / options_.most);
    if (waiting() < part) return false;
    auto const same = [&t](turn const& other) { return shares::is_same(t.client_, other.client_); };
    return static_cast<std::size_t>(std::ranges::count_if(usual_, same) + std::ranges::count_if(urgent_, same)) >= part;
}

void in_flight_limit::wake(turn& t, turn::state outcome) noexcept
{
    auto& queue = queue_of(t);
    queue.erase(queue.iterator_to(t));
    t.limit_ = nullptr;
    t.state_ = outcome;
    report();
    t.waiter_.wake_later(around_.executor);
}

void in_flight_limit::leave(turn& t) noexcept
{
    auto const waited = t.state_ == turn::state::waiting;
    auto& in = waited ? queue_of(t) : under_way_;
    in.erase(in.iterator_to(t));
    t.limit_ = nullptr;
    t.state_ = turn::state::outside;
    shares::give_back(std::exchange(t.held_, nullptr));
    report();
    if (!waited) serve_next();
}

turn* in_flight_limit::next_of(list& queue) noexcept
{
    auto const next = std::ranges::find_if(queue, [this](turn const& each) { return shares_.has_room(each.client_); });
    return next == queue.end() ? nullptr : &*next;
}

// As many as there is room for: a bound that adapts may have grown.
void in_flight_limit::serve_next()
{
    while (under_way_.size() < limit()) {
        auto* next = next_of(urgent_);
        if (!next) next = next_of(usual_);
        if (!next) return;
        auto& queue = queue_of(*next);
        queue.erase(queue.iterator_to(*next));
        begin(*next);
        next->waiter_.wake_later(around_.executor);
    }
}

void in_flight_limit::learn(std::chrono::nanoseconds after, steady_time now) noexcept
{
    if (adaptive_) adaptive_->replied(after, under_way_.size(), now);
}

error in_flight_limit::overloaded(turn const& t, char const* otherwise) const
{
    if (!shares_.has_room(t.client_)) {
        around_.figures.share_refused.add();
        return upstream_error(errc::overloaded, "the client holds its share of the requests under way");
    }
    return upstream_error(errc::overloaded, fmt::format("{}: {} are under way", otherwise, under_way_.size()));
}

void in_flight_limit::report() noexcept
{
    around_.figures.bounded.under_way.set(static_cast<std::int64_t>(under_way_.size()));
    around_.figures.bounded.waiting.set(static_cast<std::int64_t>(waiting()));
    around_.figures.bounded.limit.set(static_cast<std::int64_t>(limit()));
}

} // namespace yett::upstream
