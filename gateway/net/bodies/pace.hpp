#pragma once

#include "gateway/base/clock.hpp"

#include <cstdint>

namespace yett::net {

// Whether a client keeps the pace that a body has to have at least, one way. Only time in
// which it was waited for counts.
//
// It is judged once it was waited for ten seconds: by then, and from then on, it must have
// moved `least` bytes for each second. What it moved faster counts for the next half a
// minute at most, so that a first megabyte does not buy an hour.
class pace
{
public:
    static constexpr milliseconds grace{10'000};
    static constexpr milliseconds most_credit{30'000};

    // Bytes a second; 0 is content with any.
    explicit pace(std::uint64_t least) noexcept : least_{static_cast<std::int64_t>(least)} {}

    void moved(std::uint64_t bytes) noexcept;
    void waited(milliseconds time) noexcept;
    bool too_slow() const noexcept;
    // How much longer it may be waited for if it moves nothing more.
    milliseconds patience() const noexcept;
    void forgive() noexcept { least_ = 0; }

private:
    std::int64_t least_;
    std::int64_t credit_ = 0; // bytes ahead of the pace, times 1000
    milliseconds waited_{0};
};

} // namespace yett::net
