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

bool may_speak_http2(upstream const& one)
{
    auto const offered = one.tls && std::ranges::find(one.tls->protocols, protocol::h2) != one.tls->protocols.end();
    return std::ranges::any_of(one.servers, [offered](upstream_server const& each) {
        return each.scheme == upstream_scheme::h2c || (offered && each.scheme == upstream_scheme::https);
    });
}

std::uint64_t share::of(std::uint64_t whole) const noexcept
{
    return std::max<std::uint64_t>(1, of_hundred ? whole * amount / 100 : amount);
}

} // namespace yett::config
