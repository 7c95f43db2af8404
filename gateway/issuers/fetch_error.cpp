#include "gateway/issuers/fetch_error.hpp"

#include <array>
#include <stdexcept>

namespace yett::issuers {

std::string_view name_of(fetch_error::kind what) noexcept
{
    static constexpr std::array<std::string_view, static_cast<std::size_t>(fetch_error::kind::count_)> names{
        "unreachable", "timed_out", "insecure",     "forbidden_address", "refused",
        "too_large",   "malformed", "wrong_issuer", "no_usable_key"};
    return names[static_cast<std::size_t>(what)];
}

void throw_exception_from_error(fetch_error const& why, boost::source_location const&)
{
    throw std::logic_error{"a fetch that failed has no value: " + why.note};
}

} // namespace yett::issuers
