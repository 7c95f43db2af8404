#pragma once

#include "gateway/base/ip.hpp"
#include "gateway/net/client_limits.hpp"

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <utility>

namespace yett::net {

// Counts the connections of all workers and of each client. Touched when a connection
// opens and closes, never by a request; safe from any thread.
class admission
{
public:
    admission() = default;
    admission(admission const&) = delete;
    admission& operator=(admission const&) = delete;

    // Whether there is a place for the connection, and if not, whose fault that is.
    enum class verdict : unsigned char
    {
        admitted,
        too_many,
        too_many_of_this_client
    };
    // Admitted connections are to be released once. `too_many` says that there are as many as
    // there may be; with `instead` another one is about to end, and only the client's own count.
    verdict admit(ip_address const& client, client_limits const& limits, bool instead = false);
    void release(ip_address const& client);

    // The same in two steps, for a connection whose client a proxy is yet to name: it counts with
    // all when it opens, and with its client's when that is known. One that never was named, or
    // whose client had enough, is released as unnamed.
    verdict admit_unnamed(client_limits const& limits, bool instead = false);
    verdict name(ip_address const& client, client_limits const& limits);
    void release_unnamed();

    std::size_t open() const noexcept { return open_.load(std::memory_order_relaxed); }

private:
    // An IPv4 address, or the first 64 bits of IPv6: what one client can have any number of counts
    // once.
    using client_key = std::array<std::uint8_t, 16>;
    struct alignas(64) part
    {
        std::mutex mutex;
        std::map<client_key, std::size_t> counts;
        bool is_full(client_key const& key, client_limits const& limits) const;
    };
    part& part_of(client_key const& key) noexcept;
    bool take_place(client_limits const& limits, bool instead) noexcept;

    std::atomic<std::size_t> open_{0};
    std::array<part, 16> parts_;
};

} // namespace yett::net
