#include "gateway/pages/language.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace yett::pages {
namespace {

constexpr std::array all{language::english, language::german};

std::string_view trimmed(std::string_view text) noexcept
{
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

std::string_view next_part(std::string_view& rest, char separator) noexcept
{
    auto const end = std::min(rest.find(separator), rest.size());
    auto const part = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

bool is_in(std::string_view range, language l) noexcept
{
    auto const tag = tag_of(l);
    auto const same = [](char a, char b) { return a == (b | 0x20); };
    return range.size() >= tag.size() && std::equal(tag.begin(), tag.end(), range.begin(), same) &&
           (range.size() == tag.size() || range[tag.size()] == '-');
}

std::optional<language> named_by(std::string_view range) noexcept
{
    for (auto const each : all)
        if (is_in(range, each)) return each;
    return {};
}

// In thousandths; what is malformed weighs nothing.
unsigned weight_of(std::string_view parameters) noexcept
{
    auto const parameter = next_part(parameters, ';');
    if (parameter.empty()) return 1000;
    if (parameter.size() < 3 || (parameter[0] | 0x20) != 'q' || parameter[1] != '=') return 0;
    auto const text = parameter.substr(2);
    if (text.starts_with('1')) return 1000;
    if (!text.starts_with("0.")) return 0;
    unsigned weight = 0;
    unsigned scale = 100;
    for (auto const c : text.substr(2, 3)) {
        if (c < '0' || c > '9') return 0;
        weight += static_cast<unsigned>(c - '0') * scale;
        scale /= 10;
    }
    return weight;
}

} // namespace

std::string_view tag_of(language l) noexcept
{
    return l == language::german ? "de" : "en";
}

language preferred_language(std::string_view accept_language) noexcept
{
    auto best = language::english;
    unsigned most = 0;
    while (!accept_language.empty()) {
        auto element = next_part(accept_language, ',');
        auto const range = next_part(element, ';');
        auto const found = named_by(range);
        auto const weight = found ? weight_of(element) : 0;
        if (weight <= most) continue;
        most = weight;
        best = *found;
    }
    return best;
}

} // namespace yett::pages
