#include "gateway/base/text/wildcard.hpp"

namespace yett {
inline namespace base {

// Only the last star has to be taken back: what earlier ones took cannot make it fit any better.
bool fits_pattern(std::string_view text, std::string_view pattern) noexcept
{
    std::size_t at = 0, in_pattern = 0, star = pattern.npos, taken = 0;
    while (at < text.size()) {
        if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
            star = in_pattern++;
            taken = at;
        } else if (in_pattern < pattern.size() && pattern[in_pattern] == text[at]) {
            ++in_pattern;
            ++at;
        } else if (star != pattern.npos) {
            in_pattern = star + 1;
            at = ++taken;
        } else {
            return false;
        }
    }
    while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
    return in_pattern == pattern.size();
}

} // namespace base
} // namespace yett
