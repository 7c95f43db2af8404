#pragma once

#include "gateway/accounts/passwords/refusal.hpp"
#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/secret.hpp"

#include <string>

namespace yett::accounts {

struct account_services;

struct registration
{
    std::string email;
    secret password;
    secret invitation; // the token of a link; looked at when registration is by invitation
    device from;
    bool silent = false; // the address has had letters enough: all is done as else, and none is sent
};

struct registered
{
    std::string user_id;
    std::string email; // canonical spelling
    bool verified = false;
    // False when the address was known and nobody may learn so: the answer and its cost
    // are those of a new user, the id is made up, and the mail says something else.
    bool created = true;
};

// Adds a user and mails the link that proves the address. Every wrong field is named:
// `email_invalid`, `password_weak`.
//
// A known address is `email_taken`, unless addresses have to be verified: then it looks
// like a new one, after the same work, and its owner gets a letter. As long as that
// address is not proved, the letter brings a link that takes this registration's password.
//
// `forbidden` when registration is closed, or by invitation and none came; `link_invalid`
// and `link_expired` for an invitation that does not serve. One that was mailed to the
// address proves it, too.
task<outcome<registered>> register_user(account_services const& services, registration asked, wall_time now);

} // namespace yett::accounts
