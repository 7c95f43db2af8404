#pragma once

#include <optional>
#include <string_view>

namespace yett::accounts {

// `$2b$12$` with 22 letters of salt and 31 of the sum. Its cost, when it is well-formed, of
// a mark whose algorithm is the right one (a, b or y; $2x$ is the one with the sign bug), and
// its cost is 4 to 15.
std::optional<unsigned> bcrypt_cost(std::string_view stored);

// Of a well-formed one, or of what crypt_gensalt made.
std::string_view bcrypt_salt_of(std::string_view stored);

} // namespace yett::accounts
