#pragma once

#include "gateway/telemetry/observations.hpp"
#include "gateway/telemetry/shard.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace yett::telemetry {

// Every figure Yett reports. One shard for each worker and one, the last, for the control
// thread; they are added up when somebody asks. At most 2,000 series, whatever clients send.
class metrics
{
public:
    metrics(std::size_t workers, build_facts facts);
    ~metrics();
    metrics(metrics const&) = delete;
    metrics& operator=(metrics const&) = delete;

    telemetry::shard& shard(std::size_t worker) noexcept { return *shards_[worker]; }
    telemetry::shard& control() noexcept { return *shards_.back(); }

    // The slot of a configured name in the shards' arrays: the same for the same name, also
    // after a reload. Slot 0 of `route` stands for requests no route matched, written
    // "none"; names beyond the capacity share the last slot, written "other". Any thread.
    std::size_t route(std::string_view name);
    std::size_t upstream(std::string_view name);
    std::size_t limit(std::string_view name);
    std::size_t listener(std::string_view address);
    static constexpr std::size_t no_route = 0;

    // `collect` runs during each scrape, on the thread that scrapes.
    void on_scrape(std::function<void(observations&)> collect);
    // Whether the last reading of the configuration succeeded, and when one did last.
    void reloaded(bool successfully, wall_time now);

    // The text of /metrics (Prometheus exposition format 0.0.4). Any thread.
    std::string exposition() const;

private:
    // Names to numbers, in the order in which they came; never forgets one.
    class slots
    {
    public:
        slots(std::size_t capacity, std::vector<std::string> first) : capacity_{capacity}, names_{std::move(first)} {}
        std::size_t of(std::string_view name);
        std::vector<std::string> const& names() const noexcept { return names_; }

    private:
        std::size_t capacity_;
        std::vector<std::string> names_;
    };
    class page;

    std::vector<std::string> const& names_of(per what) const noexcept;

    build_facts facts_;
    std::vector<std::unique_ptr<telemetry::shard>> shards_;
    mutable std::mutex mutex_; // for the slots and callbacks, never for a figure
    slots routes_;
    slots upstreams_;
    slots limits_;
    slots listeners_;
    std::vector<std::function<void(observations&)>> collectors_;
    gauge reload_succeeded_;
    gauge reload_succeeded_at_;
};

} // namespace yett::telemetry
