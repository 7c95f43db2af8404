#pragma once

#include "gateway/base/result.hpp"

#include <string>
#include <string_view>

namespace yett::accounts {

struct user;

// A service account is a user that is a program: it has roles and API keys, but no address
// and no password. Its `email` is empty, and its `email_key` is "service:NAME", which no
// address is.

// "service:ci" from "ci". `bad_request` unless the name has 1 to 64 lower-case letters,
// digits, '-', '_' and '.', and begins with one of the first two.
result<std::string> service_key(std::string_view name);

// Whether a text is such a key, as service_key makes it.
bool is_service_key(std::string_view text) noexcept;

bool is_service(user const& u) noexcept;

// What operators call a user: the address, or "service:NAME".
std::string const& handle_of(user const& u) noexcept;

} // namespace yett::accounts
