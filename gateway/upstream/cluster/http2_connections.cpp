#include "gateway/upstream/cluster/http2_connections.hpp"

#include "gateway/telemetry/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

// Who opens a connection does so as a request that wants one, by the pool; what comes of it concerns all that wait. If it
// fails and there is none else, they fail with it, since each of them would try the same; if it turns out to be
// HTTP/1.1 they are told to try again, each by itself. Otherwise it has as many places as the server allows, and they go to
// who waits in order, but for clients whose share is spent.
//
// There is always somebody to open the next one: whoever finds no room opens one unless enough are being opened for
// all that wait, and when one ends while others wait, the first of them tries again (`place_came_free`).

namespace yett::upstream {

// What somebody who waits for a place is given: one, or what it fails with, or neither: try again.
struct http2_claim
{
    http2_connection_ptr place{};
    std::optional<error> failure{};
};

http2_connections::http2_connections(pool& from, server_address const& where, pool_options const& options,
                                     dependencies const& around)
    : pool_{from},
      where_{where},
      options_{options},
      around_{around},
      shares_{options.per_client * options.http2.streams, options.connections * options.http2.streams},
      waiting_{around.executor, [this] { report(); }}
{
}

http2_connections::~http2_connections()
{
    for (auto const& each : shared_) each->leave_home();
    for (auto const& each : std::exchange(shared_, {})) each->abandon();
    waiting_.drop_all();
}

reservation http2_connections::take_kept(wanted_connection const& by) noexcept
{
    if (!shares_.has_room(by.waiter.client_)) return {};
    if (auto c = place_on(with_room(), by.waiter)) return c;
    return chose_http1_ ? upstream::take_kept(pool_, by) : reservation{};
}

task<result<reservation>> http2_connections::take_any(wanted_connection const& by)
{
    auto kept = take_kept(by);
    if (kept) co_return std::move(kept);
    auto found = co_await open_or_wait(by, false);
    co_return std::move(found);
}

task<result<reservation>> http2_connections::take_new(wanted_connection const& by)
{
    return open_or_wait(by, true);
}

// Whoever was told to try again does so with the same right as others. Where no further one may be opened, one that is
// there will do for who wanted a new one.
task<result<reservation>> http2_connections::open_or_wait(wanted_connection const& by, bool anew)
{
    for (;;) {
        auto const may_open = shares_.has_room(by.waiter.client_) && pool_.has_room() && !is_waited_for_enough();
        if (may_open || chose_http1_) {
            auto opened = co_await open_one(by, anew);
            co_return std::move(opened);
        }
        auto another = take_another(by.waiter);
        if (another) co_return std::move(another);
        auto found = co_await wait_for_place(by);
        if (!found || *found) co_return std::move(found);
    }
}

reservation http2_connections::take_another(pool_waiter const& for_whom)
{
    if (opening_ > 0 || !shares_.has_room(for_whom.client_)) return {};
    return place_on(with_room(), for_whom);
}

// Those that are being opened will do for all that wait, as far as we know.
bool http2_connections::is_waited_for_enough() const noexcept
{
    return opening_ > 0 && waiting_.size() < opening_ * options_.http2.streams;
}

task<result<reservation>> http2_connections::open_one(wanted_connection const& by, bool anew)
{
    auto const until = around_.deadlines.now() + options_.connect_timeout;
    ++opening_;
    auto found = co_await from_pool(by, anew);
    if (!found) co_return failed(found.error());
    auto const http2 = chose_http2(*found->get());
    if (!http2) co_return failed(http2.error());
    chose_http1_ = !*http2;
    if (*http2) {
        auto shared = co_await make_shared(found->release(), by, until);
        co_return std::move(shared);
    }
    --opening_;
    let_all_try();
    co_return std::move(found);
}

// While HTTP/1.1 is spoken a connection that another request is done with will do, too.
task<result<reservation>> http2_connections::from_pool(wanted_connection const& by, bool anew)
{
    return chose_http1_ && !anew ? upstream::take_any(pool_, by) : upstream::take_new(pool_, by);
}

task<result<reservation>> http2_connections::make_shared(connection_ptr wire, wanted_connection const& by, steady_time until)
{
    shares::give_back(std::exchange(wire->held_by, nullptr)); // it is everybody's from now on
    http2_connection_ptr const made{new http2_connection{std::move(wire), *this, options_, around_}};
    auto const left = std::chrono::ceil<milliseconds>(until - around_.deadlines.now());
    auto const introduced = co_await made->introduce(std::max(left, milliseconds{1}));
    if (!introduced) {
        auto const& why = introduced.error();
        co_return failed(upstream_error(why.code(), fmt::format("{}: {}", where_.text, why.note())).as_retryable());
    }
    --opening_;
    shared_.push_back(made);
    auto mine = place_on(made, by.waiter);
    made->start();
    place_came_free();
    if (!mine) co_return upstream_error(errc::overloaded, where_.text + " allows no requests").as_retryable();
    co_return std::move(mine);
}

// What the server has to have chosen is said by TLS where that is spoken.
result<bool> http2_connections::chose_http2(connection const& c) const
{
    if (!where_.tls) return true;
    if (c.protocol() == "h2") return true;
    if (where_.http2 == http2_use::by_agreement) return false;
    return upstream_error(errc::upstream_unavailable, where_.text + " does not offer HTTP/2 by ALPN").as_retryable();
}

// What is wrong with the server is so for all that wait; who was one too many, or left, speaks for nobody else.
error http2_connections::failed(error why)
{
    --opening_;
    auto const is_servers = why == errc::upstream_unavailable || why == errc::upstream_timeout;
    auto const for_all = is_servers && opening_ == 0 && !has_living();
    while (for_all && !waiting_.empty()) {
        auto& each = waiting_.first();
        each.claim_->failure = why;
        each.leave(pool_waiter::outcome::failed);
    }
    place_came_free();
    return why;
}

error http2_connections::overloaded(pool_waiter const& t, char const* otherwise) const
{
    auto const own_doing = !shares_.has_room(t.client_);
    if (own_doing) around_.figures.share_refused.add();
    return upstream_error(errc::overloaded, own_doing ? "the client holds its share of the connections" : otherwise)
        .as_retryable();
}

// A place, or none where it is to be tried again.
task<result<reservation>> http2_connections::wait_for_place(wanted_connection const& by)
{
    using outcome = pool_waiter::outcome;
    auto& t = by.waiter;
    if (waiting_.is_full_for(t, options_, shares_)) co_return overloaded(t, "too many exchanges wait for a connection");
    http2_claim claim;
    t.claim_ = &claim;
    co_await t.wait_in(waiting_, around_.deadlines, options_.connect_timeout);
    if (t.outcome_ == outcome::late) co_return overloaded(t, "no connection had room for one more in time");
    if (t.outcome_ == outcome::cancelled) co_return client_error(errc::peer_broke_off, "gave up waiting for a connection");
    if (t.outcome_ == outcome::failed) co_return *claim.failure;
    if (!claim.place) {
        trying_ = false;
        co_return reservation{};
    }
    reservation taken{std::move(claim.place), std::exchange(t.held_, nullptr)};
    co_return std::move(taken);
}

http2_connection_ptr http2_connections::with_room() const noexcept
{
    auto const found = std::ranges::find_if(shared_, [](auto const& each) { return each->room() > 0; });
    return found == shared_.end() ? nullptr : *found;
}

// Nothing where there is none, or no room.
reservation http2_connections::place_on(http2_connection_ptr const& c, pool_waiter const& for_whom)
{
    if (!c || c->room() == 0) return {};
    c->take_place();
    report();
    return {c, shares_.take(for_whom.client_)};
}

bool http2_connections::has_living() const noexcept
{
    return std::ranges::any_of(shared_, [](auto const& each) { return each->how_it_ended() == connection::ending::none; });
}

void http2_connections::place_came_free()
{
    while (auto* const next = waiting_.empty() ? nullptr : waiting_.next(shares_)) {
        auto const c = with_room();
        if (!c) {
            if (opening_ > 0 || trying_ || !pool_.has_room()) return;
            trying_ = true;
            return next->leave(pool_waiter::outcome::given);
        }
        c->take_place();
        next->claim_->place = c;
        next->held_ = shares_.take(next->client_);
        next->leave(pool_waiter::outcome::given);
    }
}

void http2_connections::place_was_given_back()
{
    report();
    place_came_free();
}

void http2_connections::has_ended(http2_connection& c, connection_ptr const& wire)
{
    if (c.is_idle()) is_left(c);
    pool_.discard(wire);
    place_was_given_back();
}

void http2_connections::is_left(http2_connection& c) noexcept
{
    std::erase(shared_, http2_connection_ptr{&c});
}

void http2_connections::let_all_try() noexcept
{
    while (!waiting_.empty()) waiting_.first().leave(pool_waiter::outcome::given);
}

void http2_connections::drain() noexcept
{
    auto const all = shared_;
    for (auto const& each : all) each->retire();
}

void http2_connections::report() noexcept
{
    auto const idle = std::ranges::count_if(shared_, [](auto const& each) { return each->is_idle(); });
    pool_.count_shared(static_cast<std::size_t>(idle), waiting_.size());
}

} // namespace yett::upstream
