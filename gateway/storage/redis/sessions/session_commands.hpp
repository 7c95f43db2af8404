#pragma once

#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/storage/redis/client/command.hpp"
#include "gateway/storage/redis/sessions/session_keys.hpp"

#include <cstdint>
#include <string_view>

namespace yett::storage::redis {

// Keys are kept so much longer than they are needed: what time it is the store's clock says, and how long a key
// lives Redis's.
inline constexpr milliseconds key_spare{std::chrono::hours{1}};

session_place place_of_session(accounts::session const& s);

// The scripts with what they want, see scripts.hpp. `longest` is the longest that any session of the user may last.
command admit_command(accounts::arrival const& asked, milliseconds longest);
command rotate_command(session_place const& at, accounts::rotation const& asked);
command end_command(session_place const& at, wall_time when);
command forget_command(session_place const& at, wall_time now);

// What admit_script found of the device: marks that were known before, and those that are new.
accounts::device_status status_of(std::int64_t known, std::int64_t fresh);
// The word that rotate_script answers.
accounts::rotation_outcome outcome_of(std::string_view word);

} // namespace yett::storage::redis
