#pragma once

#include "gateway/upstream/balancing/options.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace yett::upstream {

// Which of the servers of an application a request is brought to.
//
// Pure and of one worker: it knows neither clock nor sockets, only what it is told of the servers. Workers
// begin at different places (`seed`), so that their first requests do not all go to the same server.
//
// - round_robin: smooth and weighted, as nginx does it: of a total weight of 7, each 7 requests in a row are spread as
//   the weights say, and the heavy ones do not come in a row.
// - least_requests: two are drawn, by weight, and the one with fewer requests in flight for its weight
//   is taken. That does nearly as well as asking all of them, and does not herd.
// - consistent_hash: each key ranks all servers (rendezvous hashing) and goes to the first; a server that comes
//   or goes moves only its own keys. One that has more than a quarter above its share in flight, and more
//   than a few, sends keys on to the next in their ranks.
class balancer
{
public:
    struct member
    {
        std::string name;
        unsigned weight = 1;
    };
    // What holds of one server at the moment.
    struct candidate
    {
        std::uint32_t weight = 0; // 0: not to be asked
        std::uint32_t in_flight = 0;
    };
    // Requests that a server may have in flight before a key is sent on to the next one.
    static constexpr std::uint32_t unbounded_below = 8;

    // 0 as `seed` begins at the beginning.
    balancer(balance how, std::span<member const> servers, std::uint64_t seed);

    // One of the candidates, which are the servers in their order. Nothing when none is to be asked. The
    // key counts with consistent_hash alone, and only there needs to be computed.
    std::optional<std::size_t> choose(std::span<candidate const> among, std::uint64_t key) noexcept;
    bool goes_by_key() const noexcept { return how_ == balance::consistent_hash; }

    // Of `load` requests in flight the one that is to come included: how many a server of that weight may have.
    static std::uint64_t bound(std::uint64_t load, std::uint32_t weight, std::uint64_t all_weights) noexcept;

private:
    std::optional<std::size_t> next_in_turn(std::span<candidate const> among) noexcept;
    std::optional<std::size_t> less_busy_of_two(std::span<candidate const> among) noexcept;
    std::optional<std::size_t> nearest(std::span<candidate const> among, std::uint64_t key) const noexcept;
    std::uint64_t draw(std::uint64_t below) noexcept;

    balance how_;
    std::vector<std::int64_t> turns_;  // what nginx calls current weights
    std::vector<std::uint64_t> names_; // hashed
    std::uint64_t dice_;
};

} // namespace yett::upstream
