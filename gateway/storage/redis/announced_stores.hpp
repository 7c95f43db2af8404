#pragma once

#include "gateway/accounts/ports/stores.hpp"
#include "gateway/storage/redis/client/redis_options.hpp"

#include <string>

namespace yett::storage::redis {

// From then on every revocation that the stores' sessions commit is told to the other nodes by way of Redis,
// and theirs are heard by the stores' feed. The stores must have one. Nothing else of them changes: no call
// waits for Redis or fails because of it.
void announce_revocations(accounts::stores& of, redis_options how, std::string const& prefix);

} // namespace yett::storage::redis
