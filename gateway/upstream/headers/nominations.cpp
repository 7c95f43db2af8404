#include "gateway/upstream/headers/nominations.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/field_list.hpp"

#include <algorithm>

namespace yett::upstream {

using http::ascii::equal_ignoring_case;

std::optional<nominations> nominations::of(std::span<http::field const> fields) noexcept
{
    nominations found;
    for (auto const& f : fields)
        if (f.id == http::known::connection && !found.add_all(f.value)) return std::nullopt;
    return found;
}

bool nominations::add_all(std::string_view list) noexcept
{
    while (auto const word = http::next_element(list)) {
        if (equal_ignoring_case(*word, "close") || equal_ignoring_case(*word, "keep-alive")) continue;
        if (names_.size() == most) return false;
        names_.push_back(*word);
    }
    return true;
}

bool nominations::include(std::string_view name) const noexcept
{
    return std::any_of(names_.begin(), names_.end(), [&](std::string_view n) { return equal_ignoring_case(n, name); });
}

} // namespace yett::upstream
