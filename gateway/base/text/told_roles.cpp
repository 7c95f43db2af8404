#include "gateway/base/text/told_roles.hpp"

#include "gateway/base/text/wildcard.hpp"

#include <algorithm>
#include <iterator>

namespace yett {
inline namespace base {

bool told_roles::include(std::string_view role) const noexcept
{
    return every() || std::ranges::any_of(patterns_, [&](std::string const& one) { return fits_pattern(role, one); });
}

std::vector<std::string> told_roles::of(std::vector<std::string> const& roles) const
{
    std::vector<std::string> told;
    std::ranges::copy_if(roles, std::back_inserter(told), [this](std::string const& role) { return include(role); });
    return told;
}

} // namespace base
} // namespace yett
