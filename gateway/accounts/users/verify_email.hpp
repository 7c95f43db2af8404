#pragma once

#include "gateway/accounts/grant.hpp"
#include "gateway/accounts/ports/link.hpp"
#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"

#include <string>

namespace yett::accounts {

struct account_services;

// Somebody who types an address and wants a letter sent there.
struct letter_request
{
    std::string email;
    device from;
    bool silent = false; // the account has had letters enough: all is done as else, and none is sent
};

struct verification
{
    secret token;
    std::string session; // the caller's, when they are signed in: it goes on
    device from;
};

// Whether a link could be followed now, for a page that asks before it does so. Changes
// nothing. Fails with `link_invalid` or `link_expired`.
task<result<void>> check_link(account_services const& services, secret token, link_purpose purpose, wall_time now);

// Whether a link did its work before and would have been good until now, for a page that says
// so: whoever holds it has proved the address. False when the store does not know.
task<bool> was_confirmed(account_services const& services, secret token, wall_time now);

// Follows the link: the address is proved, the password chosen with it is the account's,
// its other links are void, and every session but the caller's ends, for it may be that of
// a stranger who registered the address first. Once: then `link_invalid`, as for whatever
// is no such link; `link_expired`.
task<result<profile>> verify_email(account_services const& services, verification asked, wall_time now);

// Sends another link if the address belongs to an account that still has to be verified.
// Succeeds whatever the address, after the same work: one look-up and one commit.
task<result<void>> resend_verification(account_services const& services, letter_request asked, wall_time now);

} // namespace yett::accounts
