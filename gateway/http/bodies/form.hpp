#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace yett::http {

// Every `mark` and the two hexadecimal digits behind it as the byte they stand for. Nothing for a
// mark without them.
std::optional<std::string> unescaped(std::string_view text, char mark);

// The text that a part of a form stands for (application/x-www-form-urlencoded): '+' is a
// blank, %XX a byte. Nothing for a malformed escape.
std::optional<std::string> form_decoded(std::string_view part);

// The value of the first member of that name in a form or a query. Nothing when there is
// none, or when its value is malformed.
std::optional<std::string> form_value(std::string_view form, std::string_view name);

// RFC 3629: no surrogates, no longer spellings than needed, nothing above U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

} // namespace yett::http
