#pragma once

#include "gateway/accounts/passwords/refusal.hpp"
#include "gateway/accounts/users/verify_email.hpp"

namespace yett::accounts {

struct password_reset
{
    secret token;
    secret password;
    device from;
};

// Sends a link for a new password if the address is somebody's. Succeeds whatever the
// address, after the same work: one look-up and one commit.
task<result<void>> request_reset(account_services const& services, letter_request asked, wall_time now);

// Sets the password that the link allows to set. The address is proved by that, too, the
// account's other links are void, every session and every access token of the user is dead
// when it returns, and a letter tells the owner. `password_weak` leaves the link good;
// `link_invalid` and `link_expired` as in verify_email.
// Returns a mark for the device it was done at: who reads the account's mail is no stranger.
task<outcome<secret>> reset_password(account_services const& services, password_reset asked, wall_time now);

} // namespace yett::accounts
