#include "config/reading/complaint.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace yett::config {

std::string to_string(complaint const& what)
{
    return fmt::format("{}:{}:{}: {}{}{}{}", what.file, what.line, what.column,
                       what.severity == severity::warning ? "warning: " : "", what.path, what.path.empty() ? "" : ": ",
                       what.text);
}

bool has_error(std::vector<complaint> const& all)
{
    return std::ranges::any_of(all, [](auto const& one) { return one.severity == severity::error; });
}

} // namespace yett::config
