#pragma once

#include "benchmarks/load/clock.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace load {

class figures
{
public:
    std::map<int, std::uint64_t> statuses;
    std::map<std::string, std::uint64_t> counts;

    void took(nanoseconds time) { times_.push_back(time); }
    void was_late(nanoseconds time) { late_.push_back(time); }

    void print(double seconds)
    {
        std::printf("{\"done\": %zu, \"seconds\": %.6f, \"statuses\": {", times_.size(), seconds);
        auto const* between = "";
        for (auto const& [status, count] : statuses)
            std::printf("%s\"%d\": %llu", std::exchange(between, ", "), status, static_cast<unsigned long long>(count));
        std::printf("}");
        for (auto const& [what, count] : counts)
            std::printf(", \"%s\": %llu", what.c_str(), static_cast<unsigned long long>(count));
        std::printf(", \"p50\": %.1f, \"p99\": %.1f, \"p99.9\": %.1f, \"most\": %.1f, \"late\": %.1f}\n", quantile(times_, 0.5),
                    quantile(times_, 0.99), quantile(times_, 0.999), quantile(times_, 1), quantile(late_, 0.99));
    }

private:
    // Of all that was measured, in microseconds; nothing is put in classes.
    static double quantile(std::vector<nanoseconds>& all, double share)
    {
        if (all.empty()) return 0;
        auto const rank = static_cast<std::size_t>(share * static_cast<double>(all.size() - 1) + 0.5);
        std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(rank), all.end());
        return static_cast<double>(all[rank]) / 1e3;
    }

    std::vector<nanoseconds> times_;
    std::vector<nanoseconds> late_;
};

} // namespace load
