#pragma once

#include "gateway/base/clock.hpp"

#include <array>
#include <cstdint>

namespace yett::http2 {

// How often something happened within the last ten seconds. Each connection has a few of them, so they are
// small: counts by the second, of which the oldest goes as a whole. It forgets up to a second early and
// never late.
class rate_window
{
public:
    static constexpr unsigned seconds_kept = 10;

    // Once more at `now`, which never goes back; how often it was with this one.
    unsigned add(steady_time now) noexcept;
    void forget() noexcept;

private:
    void move_to(std::int64_t second) noexcept;

    std::array<std::uint16_t, seconds_kept> by_second_{};
    std::uint32_t sum_ = 0;
    std::int64_t newest_ = 0;
};

} // namespace yett::http2
