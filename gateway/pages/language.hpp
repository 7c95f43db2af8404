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

// The one a reader likes best, by Accept-Language; English for everybody else.
language language_for(std::string_view accept_language);

} // namespace yett::pages
