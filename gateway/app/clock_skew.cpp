#include "gateway/app/clock_skew.hpp"

#include <fmt/format.h>

namespace yett::app {

std::string say_skew(milliseconds ahead, seconds allowed)
{
    if (std::chrono::abs(ahead) <= allowed) return {};
    auto const length = std::chrono::round<seconds>(std::chrono::abs(ahead)).count();
    return fmt::format("the clock here is {} s {} the database's, more than tokens.clock_skew ({} s): access tokens {}", length,
                       ahead.count() > 0 ? "ahead of" : "behind", allowed.count(),
                       ahead.count() > 0 ? "are refused here before their end" : "are accepted here beyond their end");
}

} // namespace yett::app
