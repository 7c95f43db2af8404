#pragma once

#include "gateway/accounts/grant.hpp"
#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"

#include <string>

namespace yett::accounts {

struct account_services;
struct user;

// What a way in knows of the browser or program that the session is for.
struct session_request
{
    device from;
    bool remember = true;       // asked for; the rules have the last word
    std::string known_device{}; // the id of a mark that the browser brought; see known_device.hpp
};

// The last step of every way in, for a user of whom everything that was asked has been proved:
// begins a session, ends the oldest where the user has too many, looks once more whether the
// account may still be opened, tells its owner of a device that was never seen, marks the
// device, and writes `login_succeeded`.
//
// `invalid_credentials` for a user who was disabled, or got another password or other roles,
// after `who` was read; `internal` when the token would not fit where it has to travel; what
// the store says. In all of these cases no session is left.
task<result<grant>> open_session(account_services const& services, user const& who, session_request const& asked, wall_time now);

} // namespace yett::accounts
