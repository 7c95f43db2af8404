#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/storage/redis/limits/counter_command.hpp"

#include <memory>

namespace yett::storage::redis {

class redis_client;

// The port `counters` in Redis, of one event loop. Each list is one round trip by the loop's `client`, which
// outlives it; settling waits for nothing. Fails when any of the answers is missing.
std::unique_ptr<limits::counters> make_counters(redis_client& client, executor on, counter_options how);

} // namespace yett::storage::redis
