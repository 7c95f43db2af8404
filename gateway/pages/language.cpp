#include "gateway/pages/language.hpp"

#include "gateway/base/text/language.hpp"

#include <array>

namespace yett::pages {

std::string_view tag_of(language l) noexcept
{
    return l == language::german ? "de" : "en";
}

language language_for(std::string_view accept_language)
{
    static constexpr std::array<std::string_view, 2> offered{"en", "de"};
    return preferred_language(accept_language, offered) == "de" ? language::german : language::english;
}

} // namespace yett::pages
