#pragma once

#include "gateway/accounts/letters.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"

namespace yett::accounts {

struct account_services;

// Keeps a link and its letter, and nothing else. An account that was removed a moment ago is as
// unknown as any other: that is no failure.
task<result<void>> send_letter(account_services const& services, mailed_link mailed);

} // namespace yett::accounts
