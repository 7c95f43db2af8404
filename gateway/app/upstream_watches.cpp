#include "gateway/app/upstream_watches.hpp"

#include "gateway/app/parts/logs.hpp"
#include "gateway/app/parts/translate.hpp"

#include <fmt/format.h>

#include <algorithm>

// One timer turns the wheel of the checks' deadlines and looks whether anything is to be told: ejections are made by
// workers and end by the clock, so that nobody but who looks sees both ends of them.

namespace yett::app {
namespace {

using upstream::standing;

constexpr std::size_t record_bytes = 32768; // room for a TLS record that is to be sent

std::shared_ptr<upstream::server_set> set_for(upstream::forward_options const& of, unsigned workers)
{
    std::vector<upstream::balancer::member> members;
    for (auto const& each : of.servers) members.push_back({each.address.text, each.weight});
    return std::make_shared<upstream::server_set>(std::move(members), of.balancing, workers, steady_now());
}

// "10.0.0.1:80 unhealthy for 12 s (GET /healthz: status 503)"
std::string in_words(upstream::server_view const& one)
{
    return fmt::format("{} {} for {} s ({})", one.name, name_of(one.standing), std::chrono::floor<seconds>(one.since).count(), one.cause);
}

std::string remark_on(upstream::server_set const& all)
{
    auto const views = all.views(steady_now());
    auto const up = std::ranges::count(views, standing::up, &upstream::server_view::standing);
    auto text = fmt::format("{} of {} servers up", up, views.size());
    for (auto const& each : views)
        if (each.standing != standing::up) text += "; " + in_words(each);
    if (up == 0) text += "; requests are brought to all of them";
    return text;
}

telemetry::upstream_server_figures figures_of(std::string const& upstream, upstream::server_view const& one)
{
    telemetry::upstream_server_figures shown;
    shown.upstream = upstream;
    shown.server = one.name;
    shown.up = one.standing == standing::up;
    shown.in_flight = one.in_flight;
    shown.good = one.good;
    shown.bad = one.bad;
    shown.last_resort = one.last_resort;
    shown.ejections = one.ejections;
    shown.checks_good = one.checks_good;
    shown.checks_bad = one.checks_bad;
    return shown;
}

management::upstream_row row_of(std::string const& upstream, upstream::server_view const& one)
{
    management::upstream_row row;
    row.upstream = upstream;
    row.server = one.name;
    row.state = name_of(one.standing);
    row.unchanged_for = one.since;
    row.weight = one.weight;
    row.share = one.share;
    row.in_flight = one.in_flight;
    row.good = one.good;
    row.bad = one.bad;
    row.cause = one.cause;
    return row;
}

} // namespace

upstream_watches::upstream_watches(boost::asio::io_context& control, config::settings const& s, unsigned workers, logs& reports,
                                   tls_reader const& read_tls)
    : logs_{reports},
      records_{record_bytes},
      wheel_{steady_now()},
      next_look_{control}
{
    for (auto const& [name, each] : s.upstreams) {
        auto options = forwarding_of(each);
        options.all = sets_[name] = set_for(options, workers);
        upstream::dependencies const around{control.get_executor(), wheel_, unseen_};
        if (!each.health) continue;
        if (speaks_tls(each))
            if (auto how = read_tls(each)) speak_tls(name, options, std::move(*how));
        checks_.emplace_back(options, around);
    }
}

void upstream_watches::speak_tls(std::string const& name, upstream::forward_options& to,
                                 std::shared_ptr<transport::tls_client_context> how)
{
    auto const tls = tls_[name] = std::make_shared<upstream::server_tls>(std::move(how), records_);
    for (auto& each : to.servers)
        if (each.address.scheme == upstream::server_scheme::https) each.address.tls = tls;
}

void upstream_watches::use(std::string const& upstream, std::shared_ptr<transport::tls_client_context> how)
{
    if (auto const at = tls_.find(upstream); at != tls_.end()) at->second->use(std::move(how));
}

// Without checks and ejections nothing ever changes.
void upstream_watches::run()
{
    for (auto& each : checks_) each.start();
    auto const may_change = [](auto const& each) { return each.second->options().health || each.second->options().ejection; };
    if (std::ranges::any_of(sets_, may_change)) look_later();
}

void upstream_watches::look_later()
{
    next_look_.expires_after(base::deadlines::step);
    next_look_.async_wait([this](boost::system::error_code failure) {
        if (failure) return;
        wheel_.tick(steady_now());
        tell_changes();
        look_later();
    });
}

void upstream_watches::tell_changes()
{
    for (auto const& [name, all] : sets_)
        for (auto const& one : all->changes(steady_now())) {
            if (one.standing == standing::up) logs_.program().info("a server is back", {{"upstream", name}, {"server", one.name}});
            else
                logs_.program().warning("a server is away", {{"upstream", name},
                                                             {"server", one.name},
                                                             {"state", name_of(one.standing)},
                                                             {"cause", one.cause}});
        }
}

void upstream_watches::report(telemetry::observations& into) const
{
    for (auto const& [name, all] : sets_)
        for (auto const& one : all->views(steady_now())) into.upstream_servers.push_back(figures_of(name, one));
}

std::vector<control::readiness_check> upstream_watches::checks() const
{
    std::vector<control::readiness_check> made;
    auto const fine = []() -> std::optional<std::string> { return std::nullopt; };
    for (auto const& [name, all] : sets_)
        made.push_back({"upstream " + name, fine, [all = all] { return remark_on(*all); }});
    return made;
}

std::vector<management::upstream_row> upstream_watches::rows() const
{
    std::vector<management::upstream_row> rows;
    for (auto const& [name, all] : sets_)
        for (auto const& one : all->views(steady_now())) rows.push_back(row_of(name, one));
    return rows;
}

} // namespace yett::app
