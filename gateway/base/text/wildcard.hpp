#pragma once

#include <string_view>

namespace yett {
inline namespace base {

// Whether the text is what a pattern says, in which `*` stands for any text, none included.
// Everything else stands for itself, with its case.
bool fits_pattern(std::string_view text, std::string_view pattern) noexcept;

} // namespace base
} // namespace yett
