#include "gateway/upstream/cluster/pool.hpp"

#include "gateway/http/exchange.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "gateway/upstream/cluster/proxy_header.hpp"

#include <fmt/format.h>

#include <algorithm>

// Where a connection is. `all_` holds every one that counts, in use or not; to be in it is what `is_linked`
// asks, and who is closed leaves it. Of these `kept_` and `bound_` refer to the ones nobody uses, which are
// watched. `apart_` holds those that carry tunnels and count no more. A connection that is in `all_` alone is
// somebody's at the moment.
//
// `open_` counts a connection from before it is opened until it is closed or set apart, and so does its
// client's share: what is being opened has its place already, and a failure gives it back (`open_one`).
// Therefore there are never more than the options allow, however many connect at once.
//
// Whoever waits is served in order, but for clients whose share is spent: they let others pass
// (`pool_queue::next`). A connection that comes back, or a place that comes free, goes to who waits and not to who
// asks next, or the queue could be overtaken for ever. Who waits is woken from the event loop and never from
// inside of a call, because the giver may be in the middle of its own end.

namespace yett::upstream {

pool::pool(server_address const& where, pool_options const& options, dependencies const& around)
    : where_{where},
      options_{options},
      around_{around},
      connector_{where, around.executor, around.deadlines},
      shares_{options.per_client, options.connections},
      waiting_{around.executor, [this] { report(); }}
{
    kept_.reserve(options.connections);
}

pool::~pool()
{
    kept_.clear();
    bound_.clear();
    end_all(all_);
    end_all(apart_);
    waiting_.drop_all();
}

void pool::end_all(list& of) noexcept
{
    while (!of.empty()) {
        auto& c = of.front();
        of.pop_front();
        c.check_out();
        c.shut(connection::ending::shut);
        c.abandon();
    }
}

connection_ptr pool::take(pool_waiter const& t)
{
    if (kept_.empty() || !shares_.has_room(t.client_)) return nullptr;
    while (!kept_.empty()) {
        auto c = std::move(kept_.back());
        kept_.pop_back();
        c->check_out();
        // One that has just been shut has not heard of it yet.
        if (c->how_it_ended() == connection::ending::none) {
            c->held_by = shares_.take(t.client_);
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

connection_ptr pool::take_bound(pool_waiter const& t, std::uint64_t client_connection)
{
    auto const at = find_bound(client_connection);
    if (at == bound_.end()) return nullptr;
    auto c = std::move(at->connection);
    bound_.erase(at);
    c->check_out();
    if (c->how_it_ended() == connection::ending::none) {
        c->held_by = shares_.take(t.client_); // and be it one more than its share: no other one will do
        report();
        return c;
    }
    close(*c);
    return nullptr;
}

task<result<connection_ptr>> pool::acquire(pool_waiter& t)
{
    if (auto c = take(t)) co_return c;
    co_return co_await acquire_new(t);
}

task<result<connection_ptr>> pool::acquire_new(pool_waiter& t)
{
    auto const has_room = shares_.has_room(t.client_);
    if (has_room && open_ == options_.connections && !kept_.empty()) drop_idle(*kept_.front());
    if (has_room && open_ == options_.connections && !bound_.empty()) drop_idle(*bound_.front().connection);
    if (has_room && open_ < options_.connections) {
        ++open_;
        co_return co_await open_one(t, shares_.take(t.client_));
    }
    if (waiting_.is_full_for(t, options_, shares_)) co_return overloaded(t, "too many exchanges wait for a connection");
    co_return co_await wait_for_one(t);
}

error pool::overloaded(pool_waiter const& t, char const* otherwise) const
{
    auto const own_doing = !shares_.has_room(t.client_);
    if (own_doing) around_.figures.share_refused.add();
    return upstream_error(errc::overloaded, own_doing ? "the client holds its share of the connections" : otherwise)
        .as_retryable();
}

// The caller has counted the connection already, in `open_` and among its client's.
task<result<connection_ptr>> pool::open_one(pool_waiter const& t, shares::holding* of)
{
    report();
    auto const began = steady_now();
    auto const until = around_.deadlines.now() + options_.connect_timeout;
    auto socket = co_await connector_.connect(options_.connect_timeout);
    if (!socket) co_return not_opened(socket.error(), of);
    auto const heed = [this](connection& it) { drop_idle(it); };
    connection_ptr c{new connection{std::move(*socket), where_, around_.deadlines, options_.reply_fields, heed}};
    c->held_by = of;
    all_.push_back(*c);
    if (where_.tls || binds_all()) {
        auto const introduced = co_await introduce(*c, t, until);
        if (!introduced) co_return introduced.error();
    }
    around_.figures.connect_duration.observe(steady_now() - began);
    co_return c;
}

error pool::not_opened(error why, shares::holding* of)
{
    --open_;
    shares::give_back(of);
    report();
    serve_next();
    return std::move(why).as_retryable();
}

// The port of whoever stands between us and the client is not the client's.
std::string pool::preamble_for(pool_waiter const& t) const
{
    proxied_client who{t.client_};
    if (t.peer_) who.destination = t.peer_->listener;
    if (t.peer_ && t.is_client_) who.source_port = t.peer_->port;
    return proxy_header(options_.proxy_protocol, who);
}

// Until then it has carried nothing, so that nothing is lost with one that fails.
task<result<void>> pool::introduce(connection& c, pool_waiter const& t, steady_time until)
{
    std::string preamble;
    if (binds_all()) preamble = preamble_for(t);
    auto const left = std::chrono::ceil<milliseconds>(until - around_.deadlines.now());
    auto introduced = co_await c.introduce(preamble, std::max(left, milliseconds{1}));
    if (introduced) co_return introduced;
    discard(connection_ptr{&c});
    auto const& why = introduced.error();
    co_return upstream_error(why.code(), fmt::format("{}: {}", where_.text, why.note()), why.cause()).as_retryable();
}

task<result<connection_ptr>> pool::wait_for_one(pool_waiter& t)
{
    co_await t.wait_in(waiting_, around_.deadlines, options_.connect_timeout);
    if (t.outcome_ == pool_waiter::outcome::late) co_return overloaded(t, "no connection came free in time");
    if (t.outcome_ == pool_waiter::outcome::cancelled)
        co_return client_error(errc::peer_broke_off, "gave up waiting for a connection");
    if (t.given_) co_return std::move(t.given_);
    co_return co_await open_one(t, t.held_);
}

// It gets a connection that nobody uses, or the right to open another one.
void pool::serve_next()
{
    if (waiting_.empty()) return;
    auto* const next = waiting_.next(shares_);
    if (!next) return;
    if ((next->given_ = take(*next)) == nullptr) {
        if (open_ >= options_.connections && !bound_.empty()) drop_idle(*bound_.front().connection);
        if (open_ >= options_.connections) return;
        ++open_;
        next->held_ = shares_.take(next->client_);
    }
    next->leave(pool_waiter::outcome::given);
}

void pool::keep(connection_ptr c)
{
    if (draining_ || c->how_it_ended() != connection::ending::none) return discard(std::move(c));
    settle(*c);
    if (auto* const next = waiting_.empty() ? nullptr : waiting_.next(shares_)) {
        c->check_out();
        c->held_by = shares_.take(next->client_);
        next->given_ = std::move(c);
        return next->leave(pool_waiter::outcome::given);
    }
    c->park(options_.keep_timeout);
    kept_.push_back(std::move(c));
    report();
}

// Its client has done with it.
void pool::settle(connection& c) noexcept
{
    shares::give_back(std::exchange(c.held_by, nullptr));
}

void pool::keep_bound(connection_ptr c, std::uint64_t client_connection)
{
    auto const others_wait = !waiting_.empty();
    if (draining_ || others_wait || c->how_it_ended() != connection::ending::none) return discard(std::move(c));
    settle(*c);
    c->park(options_.keep_timeout);
    bound_.push_back({client_connection, std::move(c)});
    report();
}

void pool::set_apart(connection& c) noexcept
{
    all_.erase(all_.iterator_to(c));
    apart_.push_back(c);
    settle(c);
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
    settle(c);
    all_.erase(all_.iterator_to(c));
    --open_;
    report();
}

void pool::drop_idle(connection& c) noexcept
{
    connection_ptr const held{&c};
    auto const was_bound = [&c](bound const& each) { return each.connection == &c; };
    if (std::erase(kept_, held) + std::erase_if(bound_, was_bound) == 0) return;
    held->check_out();
    close(*held);
}

void pool::drain() noexcept
{
    draining_ = true;
    for (auto& each : std::exchange(bound_, {})) kept_.push_back(std::move(each.connection));
    for (auto const& c : std::exchange(kept_, {})) {
        c->check_out();
        close(*c);
    }
}

void pool::count_shared(std::size_t idle, std::size_t waiting) noexcept
{
    shared_ = {idle, waiting};
    report();
}

void pool::report() noexcept
{
    auto const idle = static_cast<std::int64_t>(kept() + shared_.idle);
    around_.figures.idle.set(idle);
    around_.figures.busy.set(static_cast<std::int64_t>(open_) - idle);
    around_.figures.pending.set(static_cast<std::int64_t>(waiting_.size() + shared_.waiting));
}

} // namespace yett::upstream
