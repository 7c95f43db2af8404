#include "gateway/telemetry/metrics.hpp"

#include <algorithm>

// A shard for each worker and one more for the control thread, so that counting is adding to memory
// that no other thread writes. They are summed when somebody asks.
//
// Names become slots when the program is put together, not while it serves. Slots are few, and
// their number is fixed: the last one collects everything that found no place, as "other", so that
// whatever is configured a scrape has a bounded size.

namespace yett::telemetry {

status_class class_of(unsigned status) noexcept
{
    auto const hundreds = status / 100;
    return hundreds >= 1 && hundreds <= 5 ? static_cast<status_class>(hundreds) : status_class::none;
}

metrics::metrics(std::size_t workers, build_facts facts)
    : facts_{std::move(facts)},
      routes_{shard::routes_max, {"none"}},
      upstreams_{shard::upstreams_max, {}},
      limits_{shard::limits_max, {}},
      listeners_{shard::listeners_max, {}}
{
    for (std::size_t i = 0; i <= workers; ++i) shards_.push_back(std::make_unique<telemetry::shard>());
}

metrics::~metrics() = default;

std::size_t metrics::slots::of(std::string_view name)
{
    auto const known = std::find(names_.begin(), names_.end(), name);
    if (known != names_.end()) return static_cast<std::size_t>(known - names_.begin());

    if (names_.size() == capacity_) return capacity_ - 1;
    names_.emplace_back(names_.size() == capacity_ - 1 ? "other" : name);
    return names_.size() - 1;
}

std::size_t metrics::route(std::string_view name)
{
    std::scoped_lock const lock{mutex_};
    return routes_.of(name);
}

std::size_t metrics::upstream(std::string_view name)
{
    std::scoped_lock const lock{mutex_};
    return upstreams_.of(name);
}

std::size_t metrics::limit(std::string_view name)
{
    std::scoped_lock const lock{mutex_};
    return limits_.of(name);
}

std::size_t metrics::listener(std::string_view address)
{
    std::scoped_lock const lock{mutex_};
    return listeners_.of(address);
}

void metrics::on_scrape(std::function<void(observations&)> collect)
{
    std::scoped_lock const lock{mutex_};
    collectors_.push_back(std::move(collect));
}

void metrics::reloaded(bool successfully, wall_time now)
{
    reload_succeeded_.set(successfully ? 1 : 0);
    if (successfully) reload_succeeded_at_.set(to_unix(now));
}

} // namespace yett::telemetry
