#pragma once

#include "gateway/base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::storage::postgres {

// PostgreSQL's binary forms, which carry bytes as they are and ask nobody for a time zone.
std::string write_integer(std::int64_t value);     // bigint
std::int64_t read_integer(std::string_view bytes); // bigint, integer, smallint or boolean
std::string write_time(wall_time at);              // timestamptz
wall_time read_time(std::string_view bytes);
std::string write_list(std::vector<std::string> const& texts); // text[]
// Nothing when it is no list of texts in one dimension.
std::optional<std::vector<std::string>> read_list(std::string_view bytes);

} // namespace yett::storage::postgres
