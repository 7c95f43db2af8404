#pragma once

#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/storage/redis/client/command.hpp"
#include "gateway/storage/redis/client/resp_value.hpp"

#include <optional>

namespace yett::storage::redis {

// A session as a hash: fields by name, moments as whole milliseconds since 1970, `remembered` as 0 or 1. A
// field without a value is not there; so is `ended_at` until the session ends. `claimed_at` is of the rule of
// rotation alone, see scripts.hpp.
//
// Appends field and value of each, as HSET takes them.
void add_fields(command& to, accounts::session const& s);

// What HGETALL answered; nothing when there is no such session, or what is there is none.
std::optional<accounts::session> read_session(resp_value const& told);

// A moment as it is sent.
std::int64_t count_of(wall_time at);

} // namespace yett::storage::redis
