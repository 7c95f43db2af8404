#pragma once

#include "gateway/storage/redis/client/script.hpp"

namespace yett::storage::redis {

// One counter of a limit, decided about by the server: spends from it, or settles what was spent. The very
// arithmetic of limits::window, gcra and backoff, in microseconds of the server's clock.
//
//     KEYS  the counter
//     ARGV  verb      spend, give_back or confirm
//           now       empty: the server's clock; otherwise microseconds since 1970 (tests)
//           algorithm window, backoff or gcra
//           cost      at least 1
//           lend      for how many microseconds what is spent is lent; 0: for good
//           then, of window and backoff:  capacity, period; to settle: stamp
//                 of gcra:  room and charge, both as microseconds and nanoseconds beside them; to settle: stamp likewise
//
// Answers `spend` with {allowed, held, now, remaining, reset, retry, stamp}; of gcra with {allowed, held, now,
// earned_back, its nanoseconds} as it was before, from which limits::gcra tells the rest. `held` says that
// it was refused and something is lent. The others answer nothing of use.
script const& counter_script();

} // namespace yett::storage::redis
