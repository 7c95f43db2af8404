#include "config/values/settings.hpp"

#include <algorithm>

namespace yett::config {

std::vector<listener> default_listeners()
{
    return std::vector<listener>(1);
}

rate rate_of(limits::limit_spec const& of) noexcept
{
    return {of.amount, std::chrono::duration_cast<milliseconds>(of.period)};
}

std::map<std::string, limit> built_in_limits()
{
    std::map<std::string, limit> all;
    for (auto const& spec : limits::built_in_limits()) {
        limit one{spec, {}};
        if (one.burst == 0) one.burst = one.amount;
        all.emplace(spec.name, std::move(one));
    }
    return all;
}

std::uint64_t share::of(std::uint64_t whole) const noexcept
{
    return std::max<std::uint64_t>(1, of_hundred ? whole * amount / 100 : amount);
}

} // namespace yett::config
