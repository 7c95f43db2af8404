#pragma once

#include <span>
#include <string>
#include <string_view>

namespace yett {
inline namespace base {

// Which of the offered languages a reader prefers, by the Accept-Language field of their
// request (RFC 9110 section 12.5.4, look-up of RFC 4647 section 3.4): the range "de-AT"
// is answered by "de-AT", or by "de". Offered are lower-case tags, and the first is the
// answer to everything else: nothing acceptable, an empty or a malformed field.
std::string_view preferred_language(std::string_view accept_language, std::span<std::string_view const> offered);

} // namespace base
} // namespace yett
