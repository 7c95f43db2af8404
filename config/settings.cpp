#include "config/settings.hpp"

#include <algorithm>

namespace yett::config {

std::vector<listener> default_listeners()
{
    return std::vector<listener>(1);
}

std::map<std::string, limit> built_in_limits()
{
    std::map<std::string, limit> all;
    for (auto const* const name : {"login", "register", "refresh", "reset", "verify"}) {
        auto& one = all[name];
        one.rate = {5, std::chrono::minutes{15}};
        one.burst = one.rate.amount;
        one.algorithm = limit_algorithm::window;
    }
    all["login"].count = limit_count::failures;
    all["refresh"].count = limit_count::failures;
    return all;
}

std::uint64_t share::of(std::uint64_t whole) const noexcept
{
    return std::max<std::uint64_t>(1, of_hundred ? whole * amount / 100 : amount);
}

std::string_view name_of(signature_algorithm algorithm) noexcept
{
    switch (algorithm) {
    case signature_algorithm::es256: return "ES256";
    case signature_algorithm::eddsa: return "EdDSA";
    case signature_algorithm::rs256: return "RS256";
    case signature_algorithm::ps256: return "PS256";
    case signature_algorithm::hs256: break;
    }
    return "HS256";
}

} // namespace yett::config
