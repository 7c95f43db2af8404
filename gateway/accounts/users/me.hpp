#pragma once

#include "gateway/accounts/grant.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"

#include <string>

namespace yett::accounts {

struct account_services;

// The caller as the store knows them now, which the access token may not yet say.
// `unauthenticated` for a user who was removed or disabled meanwhile.
task<result<profile>> me(account_services const& services, std::string user_id);

} // namespace yett::accounts
