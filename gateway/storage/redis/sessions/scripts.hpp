#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/storage/redis/client/script.hpp"

namespace yett::storage::redis {

// What has to happen at once, said in Lua. Moments are milliseconds since 1970 by the store's clock, which
// are arguments; only how long a key lives runs by Redis's own.

// Adds a session, and remembers its device. KEYS: session, open, marks. ARGV: the session's id, when it began, how long it
// may be kept and how long any of the user's may, how many sessions may be live, how many marks, the marks, then fields and
// values. Answers {0} when there is a session of that id, else {1, marks known before, marks that are new, sessions that have
// not ended, their ids}; the last is empty unless they are too many and no more than a thousand.
script const& admit_script();

// The rule of accounts/rotation.cpp. KEYS: session. ARGV: presented, successor, its salt, now, idle_until, access_until,
// the grace, address, agent, how long the session may be kept. Answers {outcome, the session as HGETALL tells it}, and
// {"unknown"} when there is none.
//
// "reused" changes nothing but `claimed_at`: the end has to be committed elsewhere first, and of several who find a token
// used twice one is told so, who does that. The others are answered "ended", for so long as the claim lasts; whoever comes
// then takes it over, for the one before may have died.
script const& rotate_script();
inline constexpr milliseconds claim_lasts{10'000};

// Ends a session, unless it had ended. KEYS: session, open. ARGV: its id, when, how long it has to be kept beyond
// access_until. Answers {ended_at, access_until}, or {} when there is no such session.
script const& end_script();

// Forgets a session that has no effect any more. KEYS: session, open. ARGV: its id, now. Answers {1, family} when it is
// gone, {0, when to look again} when it is not over yet, {} when there was none.
script const& forget_script();

} // namespace yett::storage::redis
