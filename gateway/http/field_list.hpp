#pragma once

#include <optional>
#include <string_view>

namespace yett::http {

// Takes the next element off a comma-separated list (RFC 9110 section 5.6.1), without the
// blanks around it. Empty elements are skipped; nothing when the list is at its end.
//
// Commas inside quoted strings count as commas: use it for lists of tokens only.
std::optional<std::string_view> next_element(std::string_view& list) noexcept;

// True when one element of the list is that word, in any case.
bool list_has(std::string_view list, std::string_view word) noexcept;

// Without blanks and tabs at both ends.
std::string_view trimmed(std::string_view text) noexcept;

} // namespace yett::http
