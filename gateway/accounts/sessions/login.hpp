#pragma once

#include "gateway/accounts/grant.hpp"
#include "gateway/accounts/sessions/open_session.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"

#include <string>
#include <variant>
#include <vector>

namespace yett::accounts {

struct account_services;

struct credentials
{
    std::string email;
    secret password;
    session_request session; // what is opened when they are right
};

// What is still to be proved before a session begins: the password was right, and that is not
// enough for this account. Nothing was opened, and nobody was told anything.
struct login_challenge
{
    secret ticket;                    // names this login when the answer comes; good for one
    seconds expires_in{};             // of the ticket
    std::vector<std::string> methods; // that would do, by their words of RFC 8176: otp, hwk
};

// The two ends of a login that did not fail. A caller has to look which one it is before it
// holds a token.
using login_outcome = std::variant<grant, login_challenge>;

// Exchanges a password for a new session. No account asks for more than a password yet, so
// that every outcome is a grant.
//
// An unknown address, a wrong password and a disabled account fail with
// `invalid_credentials` after the same work; so does an address that is none. An account
// that still has to verify its address says `email_not_verified` to the right password
// only. A hash of another kind or cost than configured is replaced on the way.
task<result<login_outcome>> login(account_services const& services, credentials offered, wall_time now);

} // namespace yett::accounts
