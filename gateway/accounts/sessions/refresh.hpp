#pragma once

#include "gateway/accounts/grant.hpp"
#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"

namespace yett::accounts {

struct account_services;

struct refresh_request
{
    secret token;
    device from;
};

// Exchanges a refresh token for its successor and a new access token (RFC 9700 section 4.14.2).
//
// The successor is computed from the presented token and a salt that the store keeps with
// the session. So the directly previous token, presented again inside the grace, gets the
// same successor: a lost reply and racing tabs are harmless, and no token is ever stored.
// Once the successor itself was exchanged, or the grace is over, the same token ends the
// whole session: `refresh_reused`. What is malformed, unknown, ended or expired, and a
// user who was disabled or removed, is `token_invalid`.
task<result<grant>> refresh(account_services const& services, refresh_request asked, wall_time now);

} // namespace yett::accounts
