#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"

#include <string>
#include <string_view>

namespace yett::accounts {

struct account_services;
struct user;

// So long a browser keeps the mark of a login, counted from the last one.
inline constexpr seconds device_mark_life{180 * 24 * 3600};

// What a browser that has signed in to an account carries from then on, so that strangers who
// guess at the account do not slow down its owner: `yd1_` and base64url of a random id of 16
// bytes, the second it was made, the moment of the account's last new password, an HMAC over
// all that, and the user's id. It is no credential and proves nothing but that somebody signed
// in there before; a new password makes it void.
//
// `id` is that of the mark the browser has already; empty: another is made. Empty when there
// is no key, or no HMAC can be computed: a login does not fail for it.
secret mark_device(account_services const& services, user const& who, std::string_view id, wall_time now);

// The id of a mark that is this account's and still good; empty for everything else. Asks the
// store only about the user a good mark names, never about the address somebody typed.
task<result<std::string>> known_device(account_services const& services, std::string mark, std::string email, wall_time now);

} // namespace yett::accounts
