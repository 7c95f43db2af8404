#pragma once

#include "gateway/accounts/grant.hpp"
#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/base/result.hpp"

#include <string_view>
#include <vector>

namespace yett::tokens {
struct refresh_token;
} // namespace yett::tokens

namespace yett::accounts {

struct account_services;
struct rules;
struct user;

// The longest a session lasts from its login, however often it is used.
seconds longest_session(rules const& r);

// When the last access token issued at `now` is accepted for the last time, with what
// verifiers allow for clocks that disagree. A revocation has to live so long.
wall_time access_until(rules const& r, wall_time now);

// A session that begins now, with the hash of its first refresh token. One that is not
// remembered ends after rules::short_session_ttl.
session begin_session(account_services const& services, user const& u, tokens::refresh_token const& first, bool remembered,
                      wall_time now);

// A new access token for the session, and what goes with it. The caller adds the refresh token.
result<grant> issue(account_services const& services, user const& u, session const& s, wall_time now);

// Whether an access token with this address and these roles fits where it has to travel. Fails
// with bad_request, and a note with the numbers.
result<void> check_room(rules const& r, std::string_view email, std::vector<std::string> const& roles);

// The part of a User-Agent that is worth keeping: printable, at most 256 bytes.
device shortened(device const& from);

} // namespace yett::accounts
