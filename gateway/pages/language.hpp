#pragma once

#include <cstdint>
#include <string_view>

namespace yett::pages {

// The languages the pages speak.
enum class language : std::uint8_t
{
    english,
    german,
};

// BCP 47: "en", "de".
std::string_view tag_of(language l) noexcept;

// The language a reader likes best of those there are (RFC 9110 section 12.5.4); a region
// does not matter, ties go to what stands first, and English is for everybody else. Takes
// whatever a client sends.
language preferred_language(std::string_view accept_language) noexcept;

} // namespace yett::pages
