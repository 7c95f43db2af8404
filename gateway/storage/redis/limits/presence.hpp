#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"

#include <string>

namespace yett::storage::redis {

class redis_client;

// How long a program counts as one of those that share their limits after it was last heard of.
inline constexpr seconds presence_length{15};

// Says in PREFIX:limit:{nodes} that the program `id` is there, and answers how many are, itself included. By the server's clock, as
// all that is told to it.
task<result<unsigned>> report_presence(redis_client& by, std::string prefix, std::string id);

} // namespace yett::storage::redis
