#pragma once

#include <chrono>
#include <cstdint>

namespace yett::limits {

using std::chrono::nanoseconds;

// Points in time inside a counter: nanoseconds, of the monotonic clock where one program counts, since
// 1970 where several share a counter.
using tick = std::int64_t;

// The state of one counter after a look at it.
struct limit_verdict
{
    // Rounded, where it has to be, so that nobody is told to come too early.
    bool allowed;
    std::uint32_t remaining; // what could be spent at this moment
    nanoseconds reset;       // until the counter is as good as new
    nanoseconds retry_after; // of a refusal: the same charge is allowed then, if nothing else is spent
    tick stamp;              // hand it to give_back
    bool settled = false;    // of a refusal: nothing that is given back would change it
    bool held = false;       // of a refusal by shared counters: loans are its reason, see counters.hpp
};

} // namespace yett::limits
