#pragma once

#include <cstddef>
#include <string_view>

namespace yett::telemetry {

// What a label says for a value of an enumeration.
template<class Enum>
struct word
{
    Enum value;
    std::string_view text;
};

// The words of a label, in the order of its enumeration, which ends with `count_`. They stand
// beside it, in a function that is found by the value:
//
//     constexpr words<session_end> words_of(session_end)
//     {
//         using enum session_end;
//         return {{{revoked, "revoked"}, {expired, "expired"}}};
//     }
//
// A value that has no word, or one in another's place, does not compile.
template<class Enum>
class words
{
public:
    static constexpr auto count = static_cast<std::size_t>(Enum::count_);

    consteval words(word<Enum> const (&all)[count])
    {
        for (std::size_t i = 0; i < count; ++i) {
            if (static_cast<std::size_t>(all[i].value) != i) throw "a word stands in the place of another";
            texts_[i] = all[i].text;
        }
    }
    constexpr std::string_view operator[](Enum value) const noexcept { return texts_[static_cast<std::size_t>(value)]; }

private:
    std::string_view texts_[count]{};
};

// As the label says it. For whatever else speaks of the value, as the access log does, too.
template<class Enum>
constexpr std::string_view name_of(Enum value) noexcept requires requires
{
    words_of(value);
}
{
    return words_of(value)[value];
}

} // namespace yett::telemetry
