#pragma once

#include "gateway/accounts/grant.hpp"
#include "gateway/accounts/passwords/refusal.hpp"
#include "gateway/accounts/sessions/sessions.hpp"
#include "gateway/base/secret.hpp"

#include <string>

namespace yett::accounts {

struct account_services;

// So long whoever reads the mail of the address before can take a change back.
inline constexpr seconds undo_life{7 * 24 * 3600};

struct new_address
{
    caller who;
    std::string email;
    secret password;
    bool silent = false; // the new address has had letters enough: all is done as else, and none is sent
};

// Mails a link to the new address, which proves it and makes it the account's when it is
// followed. Succeeds whether or not somebody has the address, after the same work. Fails with
// `invalid_credentials`, and with `email_invalid` for the field "new_email".
task<outcome<void>> request_address(account_services const& services, new_address asked, wall_time now);

struct followed_link
{
    secret token;
    device from;
};

// Follows that link: the address is the account's, its other links are void, access tokens with
// the one before are refused (sessions renew them), and the one before gets a letter with a
// link that undoes it. `link_invalid`, also when somebody else has the address by now;
// `link_expired`.
task<result<profile>> confirm_address(account_services const& services, followed_link asked, wall_time now);

// Follows the link that undoes a change, all later ones included: the account has the address
// back that the link was sent to, every session and every access token is dead when it returns,
// and a link for a new password is on its way there. An account that took the address meanwhile
// and never proved it is gone. `link_invalid` and `link_expired` as above.
task<result<profile>> undo_address(account_services const& services, followed_link asked, wall_time now);

// What an operator says needs no proof. `email_invalid`, and `conflict` when somebody has it.
task<result<user>> set_address(account_services const& services, user who, std::string email, wall_time now);

} // namespace yett::accounts
