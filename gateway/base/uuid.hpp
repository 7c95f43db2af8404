#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace yett {
inline namespace base {

// A UUID as it travels and as it is written (RFC 9562 section 4).
inline constexpr std::size_t uuid_bytes = 16;
inline constexpr std::size_t uuid_text_bytes = 36;
using uuid = std::array<unsigned char, uuid_bytes>;

// Whether a text is a UUID in the one way in which write_uuid() writes them: lower case, with dashes.
bool is_uuid(std::string_view text) noexcept;
// Of a text that is one.
uuid parse_uuid(std::string_view text) noexcept;
// To where there is room for uuid_text_bytes.
void write_uuid(uuid const& id, char* to) noexcept;

} // namespace base
} // namespace yett
