#pragma once

#include "gateway/accounts/passwords/refusal.hpp"
#include "gateway/accounts/sessions/sessions.hpp"
#include "gateway/base/secret.hpp"

namespace yett::accounts {

struct new_password
{
    caller who;
    secret current;
    secret chosen;
};

// Replaces the caller's password, ends their other sessions, voids links that were mailed
// before, and tells them by mail. `password_weak` names the
// field "new_password", a wrong current password is `invalid_credentials`.
// Returns a mark for the device it was done at; see known_device.hpp.
task<outcome<secret>> change_password(account_services const& services, new_password asked, wall_time now);

} // namespace yett::accounts
