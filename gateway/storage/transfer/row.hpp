#pragma once

#include "gateway/base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::storage::transfer {

// One row on its way from one store to another: what stands in its columns, as `kind` says it is
// written. Nothing is NULL. Two rows are the same when these are.
using row = std::vector<std::optional<std::string>>;

std::string write_number(std::int64_t number);
std::int64_t read_number(std::string_view written) noexcept; // 0 where there is none

// Stores tell apart only so many moments beyond all calendars.
std::string write_moment(wall_time at);
wall_time read_moment(std::string_view written) noexcept;

// Each behind its length.
std::string write_list(std::vector<std::string> const& texts);
std::vector<std::string> read_list(std::string_view written);

// The sum of some rows, with which the sum of more goes on; the first one begins with nothing.
std::string add_to_sum(std::string const& sum, row const& next);

} // namespace yett::storage::transfer
