#pragma once

#include "gateway/accounts/grant.hpp"
#include "gateway/accounts/session_store.hpp"
#include "gateway/base/result.hpp"
#include "gateway/base/task.hpp"

#include <string>

namespace yett::accounts {

struct desk;

struct credentials
{
    std::string email;
    secret password;
    device from;
    bool remember = true;       // asked for; the rules have the last word
    std::string known_device{}; // the id of a mark that the browser brought; see known_device.hpp
};

// Exchanges a password for a new session.
//
// An unknown address, a wrong password and a disabled account fail with
// `invalid_credentials` after the same work; so does an address that is none. An account
// that still has to verify its address says `email_not_verified` to the right password
// only. A hash of another kind or cost than configured is replaced on the way.
task<result<grant>> login(desk const& at, credentials offered, wall_time now);

} // namespace yett::accounts
