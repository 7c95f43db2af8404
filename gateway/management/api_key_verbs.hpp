#pragma once

#include "gateway/management/verb.hpp"

// What an operator does to API keys and to the programs that use them. Users are named by
// e-mail address, id, or "service:NAME".
namespace yett::management {

// "name", "roles". A service account has neither address nor password; see
// accounts/service_account.hpp. `conflict` when there is one of that name.
task<answer> add_service_account(context const& ctx, arguments& asked, actor const& caller);

// "user", "name", "scopes", "days" (absent: until it is removed), "per_minute" (absent: no
// limit of its own). The answer's `key` is shown this once, and is the `message` as well, so
// that a script can read it.
task<answer> add_api_key(context const& ctx, arguments& asked, actor const& caller);

// A page of keys: of "user", youngest first, or of everybody ("after", "limit").
task<answer> list_api_keys(context const& ctx, arguments& asked, actor const& caller);

// Removes "key", or all keys of "user"; exactly one is given. No worker accepts them when it
// returns.
task<answer> remove_api_keys(context const& ctx, arguments& asked, actor const& caller);

} // namespace yett::management
