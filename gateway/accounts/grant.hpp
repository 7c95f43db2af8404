#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/secret.hpp"

#include <string>
#include <vector>

namespace yett::accounts {

struct user;

// What the caller may know of a user.
struct profile
{
    std::string user_id;
    std::string email;
    std::vector<std::string> roles;
    bool verified = false;
    wall_time created_at{};
};

// Without what only the store needs: no hash, no key of an address.
profile profile_of(user const& u);

// What a login or a refresh hands out.
struct grant
{
    // As the store had them when the tokens were made: what the tokens say, and what is told beside
    // them.
    profile user;
    // The session's id (`sid`), for logs.
    std::string session;
    secret access_token;
    seconds expires_in{}; // of the access token
    secret refresh_token;
    bool replayed = false;     // of a refresh: this is the successor that was handed out before
    wall_time refresh_until{}; // when the refresh token expires unless it is used; for the cookie
    bool remembered = true;    // its cookies outlive the browser
    secret device_mark;        // of a login: see known_device.hpp
};

} // namespace yett::accounts
