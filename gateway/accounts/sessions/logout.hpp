#pragma once

#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"

#include <string>

namespace yett::accounts {

struct account_services;

// Who leaves: named by a verified access token, or by a refresh token when the access
// token has expired already.
struct leave
{
    std::string user_id;     // `sub`
    std::string session;     // `sid`
    secret refresh_token;    // looked at when user_id is empty
    bool everywhere = false; // all sessions of the user
    device from;
};

// Ends one session or all of the user's. When it returns, the end is durable and every
// access token of what ended is refused by this process, cached or not. A session that
// has ended already, or is not known, counts as success: there is nothing left to end.
// False when the refresh token is nobody's, so that nobody's sessions were ended.
task<result<bool>> logout(account_services const& services, leave asked, wall_time now);

} // namespace yett::accounts
