#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace yett::upstream {

// Credentials of ours that no application sees, whatever else is passed on: they are known by
// what they begin with.
class withheld
{
public:
    withheld() = default;
    explicit withheld(std::vector<std::string> prefixes) : prefixes_{std::move(prefixes)} {}

    // Whether a value of Authorization or X-Api-Key holds one: alone, in a list, behind any
    // scheme, or in what `Basic` encodes. Where one begins in the middle of a longer word it is
    // chance: a foreign token of a thousand characters holds four given ones now and then.
    bool are_in(std::string_view value) const;

private:
    bool begin_a_word_of(std::string_view text) const noexcept;

    std::vector<std::string> prefixes_;
};

// Authorization with the scheme Bearer, well-formed or not.
bool is_bearer(std::string_view authorization) noexcept;
// What stands behind the scheme of such a value, without blanks around it.
std::string_view behind_scheme(std::string_view bearer) noexcept;

} // namespace yett::upstream
