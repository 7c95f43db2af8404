#pragma once

#include "gateway/accounts/ports/link.hpp"
#include "gateway/accounts/ports/user_store.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"

namespace yett::accounts {

struct account_services;

// The link of a token, if it can be spent now for this purpose. Changes nothing. Fails
// with `link_invalid` or `link_expired`.
task<result<link>> find_link(account_services const& services, secret token, link_purpose purpose, wall_time now);

// The account a link is for, as long as the address it was sent to is the account's and
// nobody has disabled it; else `link_invalid`.
task<result<user>> owner_of(account_services const& services, link const& followed);

// What is said of a transaction that failed because the account is gone or changed.
error refused(error const& why);

} // namespace yett::accounts
