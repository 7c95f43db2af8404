#include "gateway/base/text/language.hpp"

#include <algorithm>

namespace yett {
inline namespace base {

namespace {

// An honest browser sends fewer; a look-up costs the same whatever somebody sends.
constexpr int most_ranges = 16;

std::string_view trimmed(std::string_view text)
{
    auto const first = text.find_first_not_of(" \t");
    return first == text.npos ? std::string_view{} : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Takes what stands before the separator off the text.
std::string_view take(std::string_view& text, char separator)
{
    auto const end = std::min(text.find(separator), text.size());
    auto const part = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

// Thousandths of "0.8", "1", "0.333"; -1 when it is no weight.
int weight_of(std::string_view text)
{
    if (text != "1" && text != "0" && !text.starts_with("1.") && !text.starts_with("0.")) return -1;
    auto const decimals = text.substr(std::min<std::size_t>(2, text.size()));
    if (decimals.size() > 3) return -1;
    int value = text.front() - '0';
    for (std::size_t i = 0; i < 3; ++i) {
        auto const digit = i < decimals.size() ? decimals[i] : '0';
        if (digit < '0' || digit > '9') return -1;
        value = value * 10 + (digit - '0');
    }
    return value > 1000 ? -1 : value;
}

std::string lowered(std::string_view text)
{
    std::string low{text};
    for (auto& c : low)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return low;
}

// The offer for one range, shortened from its end until one fits; null when none does.
std::string_view const* look_up(std::string_view range, std::span<std::string_view const> offered)
{
    auto low = lowered(range);
    if (low == "*") return offered.data();
    while (!low.empty()) {
        auto const found = std::ranges::find(offered, std::string_view{low});
        if (found != offered.end()) return &*found;
        auto const cut = low.rfind('-');
        low.resize(cut == low.npos ? 0 : cut);
    }
    return nullptr;
}

} // namespace

std::string_view preferred_language(std::string_view accept_language, std::span<std::string_view const> offered)
{
    auto best = offered.front();
    int best_weight = 0;
    for (int i = 0; i < most_ranges && !accept_language.empty(); ++i) {
        auto parameters = take(accept_language, ',');
        auto const range = take(parameters, ';');
        auto const given = take(parameters, ';');
        auto weight = 1000;
        if (!given.empty()) weight = given.starts_with("q=") || given.starts_with("Q=") ? weight_of(given.substr(2)) : -1;
        if (weight <= best_weight) continue;
        if (auto const* found = look_up(range, offered)) {
            best = *found;
            best_weight = weight;
        }
    }
    return best;
}

} // namespace base
} // namespace yett
