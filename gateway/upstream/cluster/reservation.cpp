#include "gateway/upstream/cluster/reservation.hpp"

// What must not be sent twice looks at a kept connection before it trusts it, which costs a system
// call and makes it rare that a server has closed it just now. What may be sent twice takes its
// chance: when that goes wrong the connection has died of its age, and the request goes out again.

namespace yett::upstream {
namespace {

bool is_stale(connection& c, wanted_connection const& by) noexcept
{
    return !by.may_be_repeated && c.is_used() && c.probe_closed();
}

} // namespace

reservation& reservation::operator=(reservation&& other) noexcept
{
    discard();
    pool_ = other.pool_;
    connection_ = std::exchange(other.connection_, nullptr);
    place_ = std::move(other.place_);
    bound_ = other.bound_;
    apart_ = other.apart_;
    return *this;
}

void reservation::set_apart() noexcept
{
    pool_->set_apart(*connection_);
    apart_ = true;
}

connection_ptr reservation::take() noexcept
{
    auto c = std::exchange(connection_, nullptr);
    if (!c || !c->is_linked()) return nullptr;
    c->clear_read_deadline();
    return c;
}

void reservation::keep(std::uint64_t client_connection) noexcept
{
    if (place_) return leave();
    auto c = take();
    if (!c) return;
    if (!bound_) pool_->keep(std::move(c));
    else if (client_connection != 0) pool_->keep_bound(std::move(c), client_connection);
    else pool_->discard(std::move(c));
}

void reservation::leave() noexcept
{
    auto const given_back = std::move(place_);
    given_back->on->give_place(given_back->of);
}

void reservation::close() noexcept
{
    auto c = take();
    if (!c) return;
    if (apart_) pool_->forget(*c);
    else pool_->discard(std::move(c));
}

reservation take_kept(pool& from, wanted_connection const& by) noexcept
{
    reservation bound{from, from.take_bound(by.waiter, by.client_connection), true};
    if (bound && !is_stale(*bound.get(), by)) return bound;
    bound.discard();
    for (;;) {
        reservation kept{from, from.take(by.waiter), false};
        if (!kept || !is_stale(*kept.get(), by)) return kept;
    }
}

task<result<reservation>> take_any(pool& from, wanted_connection const& by)
{
    auto found = co_await from.acquire(by.waiter);
    if (!found) co_return found.error();
    reservation taken{from, std::move(*found), from.binds_all()};
    if (by.waiter.is_cancelled() || !is_stale(*taken.get(), by)) co_return std::move(taken);
    taken.discard();
    auto fresh = co_await take_new(from, by);
    co_return std::move(fresh);
}

task<result<reservation>> take_new(pool& from, wanted_connection const& by)
{
    auto found = co_await from.acquire_new(by.waiter);
    if (!found) co_return found.error();
    reservation taken{from, std::move(*found), from.binds_all()};
    co_return std::move(taken);
}

} // namespace yett::upstream
