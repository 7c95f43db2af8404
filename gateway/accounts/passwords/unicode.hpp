#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace yett::accounts {

// Text in Unicode Normalization Form C; nothing when it is not UTF-8. What the library
// allocated on the way is wiped.
std::optional<std::string> to_nfc(std::string_view text);

// NFC with the case folded (Unicode section 3.13, toCasefold): equal for two texts that
// differ in capitals alone. The text must be UTF-8.
std::string fold_case(std::string_view text);

// Number of code points of UTF-8 text.
std::size_t count_code_points(std::string_view text) noexcept;

// Whether all of the text is visible: no control, format, separator, private or
// unassigned characters. The text must be UTF-8.
bool is_graphic(std::string_view text) noexcept;

} // namespace yett::accounts
