#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/limits/limit.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace yett::limits {

// Moved into the request that it belongs to; the destructor gives it back, on whichever thread.
class limit_reservations;

// What a limit on failures has reserved to a request whose end is not known yet; over with this object.
class limit_reservation
{
public:
    limit_reservation(limit_reservation&& other) noexcept
        : by_{std::exchange(other.by_, nullptr)},
          of_{other.of_},
          until_{other.until_}
    {
    }
    limit_reservation& operator=(limit_reservation&&) = delete;
    ~limit_reservation();

private:
    friend class limit_reservations;
    // By limit and key: until when each counts, for a request may outlast the limit's period.
    using open_reservations = std::map<std::pair<std::uint64_t, std::string>, std::multiset<steady_time>>;

    limit_reservation(limit_reservations& by, open_reservations::iterator of, steady_time until) noexcept
        : by_{&by},
          of_{of},
          until_{until}
    {
    }

    limit_reservations* by_; // null: moved from
    open_reservations::iterator of_;
    steady_time until_;
};

// The reservations that are open, so that a limit that is full of requests under way can be told
// from one that failures have filled. Called from every worker; outlives its reservations.
class limit_reservations
{
public:
    limit_reservations() = default;
    ~limit_reservations() = default;
    limit_reservations(limit_reservations const&) = delete;
    limit_reservations& operator=(limit_reservations const&) = delete;

    // Held while something is spent and then reserved or refused: who is refused for a reservation sees it.
    using turn = std::unique_lock<std::mutex>;
    turn take_turn() { return turn{mutex_}; }

    // For a request that was let in; until the limit's period has passed or the reservation dies.
    limit_reservation reserve(turn const& mine, limit const& of, std::string_view key, steady_time now);
    // Whether anything is reserved that still counts.
    //
    // A reservation that outlived its period does not, though its request goes on.
    bool has_reserved(turn const& mine, limit const& of, std::string_view key, steady_time now) const;

private:
    friend class limit_reservation;
    // Called by the reservation's destructor, from whatever thread.
    void end(limit_reservation const& one);

    std::mutex mutex_;
    limit_reservation::open_reservations open_;
};

} // namespace yett::limits
