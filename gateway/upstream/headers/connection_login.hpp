#pragma once

#include <string_view>

namespace yett::upstream {

// NTLM and Negotiate sign in the connection they came on, against RFC 9110 section 11.1, and
// so do their kin: whoever uses it next is taken for the same person. Both also read several
// legs as one conversation, which has to stay on its connection.

// Whether an Authorization field's value is of such a scheme.
bool signs_in_connection(std::string_view credentials) noexcept;
// Whether a WWW-Authenticate field's value asks for one, among others perhaps.
bool asks_to_sign_in_connection(std::string_view challenges) noexcept;

} // namespace yett::upstream
