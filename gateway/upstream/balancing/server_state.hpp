#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/telemetry/figures.hpp"
#include "gateway/upstream/balancing/slow_start.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace yett::upstream {

// Whether a server is given requests, and if not, why.
enum class standing : unsigned char
{
    up,
    unhealthy, // health checks say so
    ejected,   // requests failed, and for a while none follow
};
// As operators and logs read it.
constexpr std::string_view name_of(standing s) noexcept
{
    switch (s) {
    case standing::up: return "up";
    case standing::unhealthy: return "unhealthy";
    case standing::ejected: return "ejected";
    }
    return "";
}

// What one worker counts of one server. It alone writes; any thread may read.
struct alignas(64) server_figures
{
    telemetry::gauge in_flight;
    telemetry::counter good;        // requests, by what they said of the server
    telemetry::counter bad;         // a retry counts where it was made
    telemetry::counter last_resort; // requests that came though it was away, because all were
};

// What all workers think of one server of the process. Read without a lock on the way of each request; it
// changes when the health checks or failed requests say so, see `server_set`.
class server_state
{
public:
    explicit server_state(std::size_t workers) : figures_{std::make_unique<server_figures[]>(workers)}, workers_{workers} {}

    standing standing_at(steady_time now) const noexcept
    {
        if (unwell_.load(std::memory_order_relaxed)) return standing::unhealthy;
        return ticks_of(now) < ejected_until_.load(std::memory_order_relaxed) ? standing::ejected : standing::up;
    }
    // In hundredths of its weight, 0 while it is away. After a start it is whole: nobody was away yet.
    unsigned share(steady_time now, milliseconds slow_start) const noexcept
    {
        if (standing_at(now) != standing::up) return 0;
        if (slow_start.count() == 0) return 100;
        auto const back = back_at();
        return back == steady_time{} ? 100 : share_after(now - back, slow_start);
    }
    // When it came back, or will by the clock; zero: it never was away.
    steady_time back_at() const noexcept
    {
        auto const last = std::max(recovered_at_.load(std::memory_order_relaxed), ejected_until_.load(std::memory_order_relaxed));
        return steady_time{steady_time::duration{last}};
    }

    // Failures of requests in a row, whatever worker saw them. Most requests go well after one that did, and then
    // nothing is written.
    void went_well() noexcept
    {
        if (failures_.load(std::memory_order_relaxed) != 0) failures_.store(0, std::memory_order_relaxed);
    }
    unsigned went_wrong() noexcept { return failures_.fetch_add(1, std::memory_order_relaxed) + 1; }

    // The three changes there are.
    void eject(steady_time until) noexcept
    {
        ejected_until_.store(ticks_of(until), std::memory_order_relaxed);
        failures_.store(0, std::memory_order_relaxed);
    }
    void is_unwell() noexcept { unwell_.store(true, std::memory_order_relaxed); }
    void is_back(steady_time now) noexcept
    {
        recovered_at_.store(ticks_of(now), std::memory_order_relaxed);
        ejected_until_.store(0, std::memory_order_relaxed);
        failures_.store(0, std::memory_order_relaxed);
        unwell_.store(false, std::memory_order_relaxed);
    }

    server_figures& figures(std::size_t worker) noexcept { return figures_[worker]; }
    std::span<server_figures const> figures() const noexcept { return {figures_.get(), workers_}; }

private:
    using ticks = steady_time::rep;
    static ticks ticks_of(steady_time at) noexcept { return at.time_since_epoch().count(); }

    std::atomic<bool> unwell_{false};
    std::atomic<ticks> ejected_until_{0}; // 0: never, or it came back by a health check
    std::atomic<ticks> recovered_at_{0};
    std::atomic<unsigned> failures_{0};
    std::unique_ptr<server_figures[]> figures_;
    std::size_t workers_;
};

} // namespace yett::upstream
