#pragma once

#include <string>
#include <vector>

namespace yett::storage::sqlite {

// Roles as a column keeps them: a JSON array of strings.
std::string write_roles(std::vector<std::string> const& roles);

// Whoever cannot read a role grants none.
std::vector<std::string> read_roles(std::string const& text);

} // namespace yett::storage::sqlite
