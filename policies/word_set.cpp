#include "policies/word_set.hpp"

#include <algorithm>

// Is a word among a few? Nearly always it is not, and that is told by one bit: words are sorted
// into 64 kinds by length and outer characters, and a set knows which kinds it has. What is left is
// a binary search by length first, which compares few bytes.

namespace yett::policies {
namespace {

// One of 64 bits, by length and outer characters.
std::uint64_t shape_of(std::string_view word) noexcept
{
    if (word.empty()) return 1;
    auto const mixed = word.size() * 7 + static_cast<unsigned char>(word.front()) * 31u + static_cast<unsigned char>(word.back());
    return std::uint64_t{1} << (mixed & 63);
}

bool shorter_first(std::string_view a, std::string_view b) noexcept
{
    return a.size() != b.size() ? a.size() < b.size() : a < b;
}

} // namespace

word_set::word_set(std::vector<std::string> words) : words_{std::move(words)}
{
    std::sort(words_.begin(), words_.end(), shorter_first);
    words_.erase(std::unique(words_.begin(), words_.end()), words_.end());
    for (auto const& word : words_) shapes_ |= shape_of(word);
}

bool word_set::contains(std::string_view word) const noexcept
{
    if ((shapes_ & shape_of(word)) == 0) return false;
    return std::binary_search(words_.begin(), words_.end(), word, shorter_first);
}

} // namespace yett::policies
