#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace yett {
inline namespace base {

// RFC 4648 section 5, without padding.
std::string base64url_encode(std::string_view bytes);

// Strict: no padding, no blanks, no standard-alphabet characters, and a last character
// whose unused bits are zero, so that every value has exactly one spelling.
std::optional<std::string> base64url_decode(std::string_view text);

// The same with the padding of RFC 4648 section 3.2 where there is one: at the end alone, and
// exactly as long as it has to be.
std::optional<std::string> base64url_decode_padded(std::string_view text);

// Lower-case hexadecimal.
std::string hex_encode(std::string_view bytes);
std::optional<std::string> hex_decode(std::string_view text);

} // namespace base
} // namespace yett
