#include "gateway/base/text/blanks.hpp"

#include <algorithm>

namespace yett {
inline namespace base {
namespace {

// In UTF-8.
constexpr std::string_view invisible[] = {
    " ",
    "\t",
    "\n",
    "\v",
    "\f",
    "\r",
    "\xc2\x85",     // U+0085
    "\xc2\xa0",     // no-break space
    "\xe1\x9a\x80", // U+1680
    "\xe2\x80\x80",
    "\xe2\x80\x81",
    "\xe2\x80\x82",
    "\xe2\x80\x83",
    "\xe2\x80\x84",
    "\xe2\x80\x85",
    "\xe2\x80\x86",
    "\xe2\x80\x87",
    "\xe2\x80\x88",
    "\xe2\x80\x89",
    "\xe2\x80\x8a", // U+2000 to U+200A
    "\xe2\x80\x8b",
    "\xe2\x80\x8c",
    "\xe2\x80\x8d", // without width
    "\xe2\x80\xa8",
    "\xe2\x80\xa9", // line and paragraph separator
    "\xe2\x80\xaf", // narrow no-break space
    "\xe2\x81\x9f", // U+205F
    "\xe2\x81\xa0", // word joiner
    "\xe3\x80\x80", // ideographic space
    "\xef\xbb\xbf", // byte order mark
};

} // namespace

std::string_view without_blanks(std::string_view text) noexcept
{
    auto const at_front = [&text](std::string_view each) { return text.starts_with(each); };
    auto const at_end = [&text](std::string_view each) { return text.ends_with(each); };
    constexpr auto none = std::ranges::end(invisible);
    for (auto found = std::ranges::find_if(invisible, at_front); found != none; found = std::ranges::find_if(invisible, at_front))
        text.remove_prefix(found->size());
    for (auto found = std::ranges::find_if(invisible, at_end); found != none; found = std::ranges::find_if(invisible, at_end))
        text.remove_suffix(found->size());
    return text;
}

} // namespace base
} // namespace yett
