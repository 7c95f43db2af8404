#pragma once

#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"

#include <string>

namespace yett::console {

// A password from whoever sits at the terminal, asked for twice and not shown; without a
// terminal the first line of standard input. Fails with `password_weak` when the two differ
// or nothing came.
result<secret> read_password(std::string const& prompt);

} // namespace yett::console
