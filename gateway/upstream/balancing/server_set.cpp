#include "gateway/upstream/balancing/server_set.hpp"

#include <algorithm>

// Health checks and failed requests are two voices that nobody weighs against each other: a server is given requests
// while neither speaks against it. One thing is heard across: whoever was seen bad by the checks and then good often
// enough has started anew, and what its requests came to before does not count any more (`is_back`).
//
// An ejection is decided under the mutex, so that two workers do not eject two servers where one may go. Those
// that the checks took away count, too: what is left has to carry everything.
//
// An ejection ends by the clock, and nobody is there when it does. Hence a change is told when somebody
// looks (`changes`), and what is said of its moment is the clock's word, too.

namespace yett::upstream {

server_set::server_set(std::vector<balancer::member> servers, balancing_options options, std::size_t workers, steady_time now)
    : members_{std::move(servers)},
      options_{std::move(options)}
{
    for (std::size_t i = 0; i < members_.size(); ++i) records_.emplace_back(workers).changed_at = now;
}

bool server_set::eject(std::size_t server, std::string cause, steady_time now)
{
    std::scoped_lock const lock{mutex_};
    auto& one = records_[server];
    if (one.state.standing_at(now) != standing::up || away(now) >= options_.ejection->servers_away) return false;
    one.state.eject(now + options_.ejection->duration);
    one.cause = std::move(cause);
    one.changed_at = now;
    ++one.ejections;
    return true;
}

void server_set::answered(std::size_t server, bool well, std::string cause, steady_time now)
{
    using news = health_record::news;
    auto& one = records_[server];
    auto const came = one.health.heard(well, *options_.health);
    std::scoped_lock const lock{mutex_};
    ++(well ? one.checks_good : one.checks_bad);
    auto const before = one.state.standing_at(now);
    // What counts is why it is away now, and not why it was at first.
    if (!well && (came == news::failed || before == standing::unhealthy)) one.cause = std::move(cause);
    if (came == news::failed) one.state.is_unwell();
    if (came == news::recovered || (came == news::steadied && before == standing::ejected)) one.state.is_back(now);
    if (one.state.standing_at(now) != before) one.changed_at = now;
}

std::size_t server_set::away(steady_time now) const noexcept
{
    auto const is_away = [now](record const& each) { return each.state.standing_at(now) != standing::up; };
    return static_cast<std::size_t>(std::ranges::count_if(records_, is_away));
}

server_view server_set::view_of(std::size_t server, steady_time now) const
{
    auto const& one = records_[server];
    server_view view;
    view.name = members_[server].name;
    view.weight = members_[server].weight;
    view.standing = one.state.standing_at(now);
    view.share = one.state.share(now, options_.slow_start);
    view.cause = one.cause;
    auto const changed = view.standing == standing::up ? std::max(one.changed_at, one.state.back_at()) : one.changed_at;
    view.since = std::chrono::floor<milliseconds>(std::max(now - changed, steady_time::duration{}));
    for (auto const& worker : one.state.figures()) {
        view.in_flight += static_cast<std::uint64_t>(std::max<std::int64_t>(worker.in_flight.value(), 0));
        view.good += worker.good.value();
        view.bad += worker.bad.value();
        view.last_resort += worker.last_resort.value();
    }
    view.ejections = one.ejections;
    view.checks_good = one.checks_good;
    view.checks_bad = one.checks_bad;
    return view;
}

std::vector<server_view> server_set::views(steady_time now) const
{
    std::scoped_lock const lock{mutex_};
    std::vector<server_view> all;
    for (std::size_t i = 0; i < size(); ++i) all.push_back(view_of(i, now));
    return all;
}

std::vector<server_view> server_set::changes(steady_time now)
{
    std::scoped_lock const lock{mutex_};
    std::vector<server_view> all;
    for (std::size_t i = 0; i < size(); ++i) {
        auto const is = records_[i].state.standing_at(now);
        if (std::exchange(records_[i].told, is) != is) all.push_back(view_of(i, now));
    }
    return all;
}

} // namespace yett::upstream
