#pragma once

#include "gateway/limits/limit.hpp"
#include "gateway/limits/memory_counters.hpp"

#include <string>
#include <vector>

namespace yett::limits {

inline steady_time at(nanoseconds since_start)
{
    return steady_time{std::chrono::hours{1} + since_start};
}

inline limit_spec a_limit(std::uint32_t amount, nanoseconds period, limits::counting_algorithm how = counting_algorithm::window)
{
    limit_spec spec;
    spec.name = "test";
    spec.amount = amount;
    spec.period = period;
    spec.algorithm = how;
    return spec;
}

inline limit_spec named(std::string name, limit_spec spec)
{
    spec.name = std::move(name);
    return spec;
}

inline limit_spec keyed(limit_spec spec, std::vector<key_part> keys)
{
    spec.keys = std::move(keys);
    return spec;
}

inline limit_spec on_failures(limit_spec spec)
{
    spec.counts = counted_events::failures;
    return spec;
}

inline memory_options options_of(std::size_t bytes)
{
    memory_options options;
    options.bytes = bytes;
    options.secret = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    return options;
}

} // namespace yett::limits
