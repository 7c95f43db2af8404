#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace yett::storage::postgres {

class database;

// Deletes what is spent, at most `limit` rows by each statement, whose $1 is the time and $2
// the limit. Where another node is at it already, nothing is left to do here. Returns how many
// rows went.
task<result<std::size_t>> sweep_rows(database& db, std::vector<std::string_view> statements, wall_time until, std::size_t limit);

} // namespace yett::storage::postgres
