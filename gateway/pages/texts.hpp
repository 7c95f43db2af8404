#pragma once

#include "gateway/pages/language.hpp"

#include <span>
#include <string_view>

namespace yett::pages {

// One piece of text in every language, UTF-8 and plain: markup belongs to the templates.
struct text
{
    std::string_view key;
    std::string_view english;
    std::string_view german;

    std::string_view in(language l) const noexcept { return l == language::german ? german : english; }
};

// All of them. Templates name them as {{t.key}}.
std::span<text const> texts() noexcept;

// The text of that key; empty when there is none.
std::string_view text_of(std::string_view key, language l) noexcept;

} // namespace yett::pages
