#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace yett::policies {

// A few words to look others up in. Most words that are not in it are told by their
// length and outer characters alone.
class word_set
{
public:
    word_set() = default;
    explicit word_set(std::vector<std::string> words);

    bool contains(std::string_view word) const noexcept;
    bool empty() const noexcept { return words_.empty(); }
    std::vector<std::string> const& words() const noexcept { return words_; } // shortest first

private:
    std::vector<std::string> words_;
    std::uint64_t shapes_ = 0;
};

} // namespace yett::policies
