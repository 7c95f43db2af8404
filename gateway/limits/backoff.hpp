#pragma once

#include "gateway/limits/window.hpp"

#include <cstdint>
#include <span>

namespace yett::limits {

// The first pause of a backoff; each that follows is twice as long, up to the limit's period.
inline constexpr nanoseconds first_pause = std::chrono::minutes{1};

// An exact window that never shuts for good. Once it is full, one event is let through a
// minute after the last, one more after two minutes, then four, at most the period. It is a
// window again when nothing came for the period after a pause had ended.
//
// So whoever guesses is slowed down, and whoever a stranger guesses at is not locked out.
//
// The memory belongs to the caller: one time more than the window has events.
class backoff
{
public:
    backoff(std::span<tick> times, window::position& at, std::uint32_t& steps, nanoseconds period) noexcept
        : ring_{times.first(times.size() - 1), at, period},
          last_{times.back()},
          steps_{steps},
          period_{period.count()}
    {
    }

    limit_verdict spend(tick now, std::uint32_t cost) noexcept;
    limit_verdict look(tick now, std::uint32_t cost) const noexcept;
    // Of a pause that was used: the next one may be used at once instead.
    void give_back(tick stamp, std::uint32_t cost) noexcept;

    // When nothing is remembered any more; `otherwise` when nothing is now.
    tick expires(tick otherwise) const noexcept;

private:
    tick pause() const noexcept;
    bool is_slowed(tick now) const noexcept;

    window ring_;
    tick& last_;           // let through after a pause, when there are steps
    std::uint32_t& steps_; // pauses that were used
    tick period_;
};

} // namespace yett::limits
