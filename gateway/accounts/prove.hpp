#pragma once

#include "gateway/accounts/ports/user_store.hpp"
#include "gateway/base/secret.hpp"

namespace yett::accounts {

struct account_services;

// Whether somebody who holds a session knows the password as well. Fails with
// `invalid_credentials`, also for a user who is disabled or gone.
task<result<user>> prove(account_services const& services, std::string user_id, secret typed);

} // namespace yett::accounts
