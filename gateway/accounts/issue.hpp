#pragma once

#include "gateway/accounts/grant.hpp"
#include "gateway/accounts/session_store.hpp"
#include "gateway/base/result.hpp"

#include <string_view>

namespace yett::tokens {
struct refresh_token;
} // namespace yett::tokens

namespace yett::accounts {

struct desk;
struct rules;
struct user;

// When the last access token issued at `now` is accepted for the last time, with what
// verifiers allow for clocks that disagree. A revocation has to live so long.
wall_time access_until(rules const& r, wall_time now);

// A session that begins now, with the hash of its first refresh token.
session begin_session(desk const& at, user const& u, tokens::refresh_token const& first, wall_time now);

// A new access token for the session, and what goes with it. The caller adds the refresh token.
result<grant> issue(desk const& at, user const& u, session const& s, wall_time now);

// The part of a User-Agent that is worth keeping: printable, at most 256 bytes.
device shortened(device const& from);

} // namespace yett::accounts
