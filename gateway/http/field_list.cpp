#include "gateway/http/field_list.hpp"

#include "gateway/http/ascii.hpp"

#include <algorithm>

namespace yett::http {

std::string_view trimmed(std::string_view text) noexcept
{
    auto const blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

std::optional<std::string_view> next_element(std::string_view& list) noexcept
{
    while (!list.empty()) {
        auto const comma = std::min(list.find(','), list.size());
        auto const element = trimmed(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
        if (!element.empty()) return element;
    }
    return {};
}

bool list_has(std::string_view list, std::string_view word) noexcept
{
    while (auto const element = next_element(list))
        if (ascii::equal_ignoring_case(*element, word)) return true;
    return false;
}

} // namespace yett::http
