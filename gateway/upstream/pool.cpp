#include "gateway/upstream/pool.hpp"

#include "gateway/telemetry/metrics.hpp"

#include <algorithm>

namespace yett::upstream {

pool::pool(server const& where, pool_options const& options, surroundings const& around)
    : options_{options},
      around_{around},
      connector_{where, around.executor, around.deadlines}
{
    kept_.reserve(options.connections);
}

pool::~pool()
{
    kept_.clear();
    bound_.clear();
    end_all(all_);
    end_all(apart_);
    while (!waiting_.empty()) {
        auto& t = waiting_.front();
        waiting_.pop_front();
        t.queue_ = nullptr;
        t.waiter_.drop();
    }
}

void pool::end_all(list& of) noexcept
{
    while (!of.empty()) {
        auto& c = of.front();
        of.pop_front();
        c.engage();
        c.shut(connection::ending::shut);
        c.abandon();
    }
}

connection_ptr pool::take() noexcept
{
    while (!kept_.empty()) {
        auto c = std::move(kept_.back());
        kept_.pop_back();
        c->engage();
        // One that has just been shut has not heard of it yet.
        if (c->how_it_ended() == connection::ending::none) {
            report();
            return c;
        }
        close(*c);
    }
    return nullptr;
}

std::vector<pool::bound>::iterator pool::find_bound(std::uint64_t client_connection) noexcept
{
    return std::find_if(bound_.begin(), bound_.end(),
                        [&](bound const& each) { return each.client_connection == client_connection; });
}

connection_ptr pool::take_bound(std::uint64_t client_connection) noexcept
{
    auto const at = find_bound(client_connection);
    if (at == bound_.end()) return nullptr;
    auto c = std::move(at->connection);
    bound_.erase(at);
    c->engage();
    if (c->how_it_ended() == connection::ending::none) {
        report();
        return c;
    }
    close(*c);
    return nullptr;
}

task<result<connection_ptr>> pool::acquire(turn& t)
{
    if (auto c = take()) co_return c;
    co_return co_await acquire_new(t);
}

task<result<connection_ptr>> pool::acquire_new(turn& t)
{
    if (open_ == options_.connections && !kept_.empty()) disturbed(*kept_.front());
    if (open_ == options_.connections && !bound_.empty()) disturbed(*bound_.front().connection);
    if (open_ < options_.connections) {
        ++open_;
        co_return co_await open_one();
    }
    if (waiting_.size() >= options_.pending)
        co_return upstream_error(errc::overloaded, "too many exchanges wait for a connection").as_retryable();
    co_return co_await wait_for_one(t);
}

// The caller has counted the connection in `open_` already.
task<result<connection_ptr>> pool::open_one()
{
    report();
    auto const began = steady_now();
    auto socket = co_await connector_.connect(options_.connect_timeout);
    if (!socket) {
        --open_;
        report();
        serve_next();
        co_return socket.error();
    }
    around_.figures.connect_duration.observe(steady_now() - began);
    auto const heed = [this](connection& it) { disturbed(it); };
    connection_ptr c{new connection{std::move(*socket), around_.deadlines, options_.reply_fields, heed}};
    all_.push_back(*c);
    co_return c;
}

task<result<connection_ptr>> pool::wait_for_one(turn& t)
{
    base::deadlines::entry limit{[&t] { t.give_up(turn::outcome::late); }};
    t.queue_ = this;
    waiting_.push_back(t);
    report();
    around_.deadlines.arm_after(limit, options_.connect_timeout);
    co_await t.waiter_.wait();
    if (t.outcome_ == turn::outcome::late)
        co_return upstream_error(errc::overloaded, "no connection came free in time").as_retryable();
    if (t.outcome_ == turn::outcome::cancelled) co_return client_error(errc::peer_broke_off, "gave up waiting for a connection");
    if (t.given_) co_return std::move(t.given_);
    co_return co_await open_one();
}

turn::~turn()
{
    if (queue_) queue_->waiting_.erase(queue_->waiting_.iterator_to(*this));
}

void turn::cancel() noexcept
{
    give_up(outcome::cancelled);
}

void turn::give_up(outcome why) noexcept
{
    if (!queue_) return;
    outcome_ = why;
    leave();
}

void turn::leave() noexcept
{
    auto& from = *std::exchange(queue_, nullptr);
    from.waiting_.erase(from.waiting_.iterator_to(*this));
    from.report();
    waiter_.wake_later(from.around_.executor);
}

// Whoever waits longest gets the connection, or the right to open another one.
void pool::serve_next() noexcept
{
    if (waiting_.empty() || open_ >= options_.connections) return;
    ++open_;
    auto& next = waiting_.front();
    next.outcome_ = turn::outcome::given;
    next.leave();
}

void pool::keep(connection_ptr c)
{
    if (draining_ || c->how_it_ended() != connection::ending::none) return discard(std::move(c));
    if (!waiting_.empty()) {
        auto& next = waiting_.front();
        c->engage();
        next.given_ = std::move(c);
        next.outcome_ = turn::outcome::given;
        return next.leave();
    }
    c->watch(options_.keep_timeout);
    kept_.push_back(std::move(c));
    report();
}

void pool::keep_bound(connection_ptr c, std::uint64_t client_connection)
{
    auto const others_wait = !waiting_.empty();
    if (draining_ || others_wait || c->how_it_ended() != connection::ending::none) return discard(std::move(c));
    c->watch(options_.keep_timeout);
    bound_.push_back({client_connection, std::move(c)});
    report();
}

void pool::set_apart(connection& c) noexcept
{
    all_.erase(all_.iterator_to(c));
    apart_.push_back(c);
    --open_;
    report();
    serve_next();
}

void pool::forget(connection& c) noexcept
{
    c.shut(connection::ending::shut);
    apart_.erase(apart_.iterator_to(c));
}

void pool::discard(connection_ptr c) noexcept
{
    close(*c);
    serve_next();
}

void pool::close(connection& c) noexcept
{
    c.shut(connection::ending::shut);
    if (!c.is_linked()) return;
    all_.erase(all_.iterator_to(c));
    --open_;
    report();
}

void pool::disturbed(connection& c) noexcept
{
    connection_ptr const held{&c};
    auto const was_bound = [&c](bound const& each) { return each.connection == &c; };
    if (std::erase(kept_, held) + std::erase_if(bound_, was_bound) == 0) return;
    held->engage();
    close(*held);
}

void pool::drain() noexcept
{
    draining_ = true;
    for (auto& each : std::exchange(bound_, {})) kept_.push_back(std::move(each.connection));
    for (auto const& c : std::exchange(kept_, {})) {
        c->engage();
        close(*c);
    }
}

void pool::report() noexcept
{
    auto const idle = static_cast<std::int64_t>(kept());
    around_.figures.idle.set(idle);
    around_.figures.busy.set(static_cast<std::int64_t>(open_) - idle);
    around_.figures.pending.set(static_cast<std::int64_t>(waiting_.size()));
}

} // namespace yett::upstream
