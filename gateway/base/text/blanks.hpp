#pragma once

#include <string_view>

namespace yett {
inline namespace base {

// The text without what people cannot see at its ends: blanks, tabs and line ends of ASCII and of
// Unicode (White_Space), and what has no width (U+200B to U+200D, U+2060, U+FEFF), which come
// along when somebody copies an address or a link. For what names something; never for a password.
std::string_view without_blanks(std::string_view text) noexcept;

} // namespace base
} // namespace yett
