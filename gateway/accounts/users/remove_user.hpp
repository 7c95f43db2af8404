#pragma once

#include "gateway/accounts/sessions/sessions.hpp"
#include "gateway/base/secret.hpp"

#include <optional>
#include <string>

namespace yett::accounts {

struct account_services;

// Removes a user for good, with sessions, API keys, links and letters that wait; no worker
// accepts a token or a key when it returns. The audit log keeps the id. `not_found`.
task<result<void>> remove_user(account_services const& services, std::string user_id, wall_time now);

struct farewell
{
    caller who;
    std::optional<secret> password; // absent: the session has just begun
};

// The caller's own account. `forbidden` where the rules do not let people remove theirs,
// `invalid_credentials` for a wrong password.
task<result<void>> remove_self(account_services const& services, farewell asked, wall_time now);

} // namespace yett::accounts
