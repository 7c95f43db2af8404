#pragma once

#include "gateway/base/clock.hpp"

#include <optional>

namespace yett::upstream {

// Interim replies (1xx) say that an application is still at work: each puts the deadline of the
// reply off, for ten times its length in all. There may be 64 of them and then 16 a second.
class interim_replies
{
public:
    // One more has come. How long the next sign of life may take, zero when the patience is at
    // its end; nothing when there were too many.
    std::optional<milliseconds> one_more(steady_time now, milliseconds timeout) noexcept;

private:
    steady_time first_{};
    unsigned count_ = 0;
};

} // namespace yett::upstream
