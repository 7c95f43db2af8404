#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace yett::limits {

enum class algorithm : std::uint8_t
{
    window, // exact: never more than `amount` in any period; costs 8 bytes for each event
    gcra,   // a steady rate with a burst; 8 bytes for each key
};

// Whose requests are counted together.
struct key_part
{
    enum class kind : std::uint8_t
    {
        client, // the IPv4 address, or the /64 of the IPv6 address
        user,
        account, // the address a login or reset is tried for
        token,
        route,
        header,
    };

    kind is = kind::client;
    std::string header; // its name, of kind::header
};

enum class counted : std::uint8_t
{
    requests,
    failures, // a request is counted at first and given back when it succeeds
};

struct limit_spec
{
    std::string name;
    std::uint32_t amount = 0;
    std::chrono::nanoseconds period{};
    std::uint32_t burst = 0; // of gcra; 0 is `amount`
    limits::algorithm algorithm = limits::algorithm::gcra;
    std::vector<key_part> keys{key_part{}}; // together they are the key
    counted counts = counted::requests;
};

// The limits that exist without being named: login, register, refresh, reset, verify,
// each 5 in 15 minutes for each client, exact. Naming one in the configuration replaces it.
std::vector<limit_spec> const& built_in_limits();

} // namespace yett::limits
