#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace yett::http {

// The text that a part of a form stands for (application/x-www-form-urlencoded): '+' is a
// blank, %XX a byte. Nothing for a malformed escape.
std::optional<std::string> form_decoded(std::string_view part);

// RFC 3629: no surrogates, no longer spellings than needed, nothing above U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

} // namespace yett::http
