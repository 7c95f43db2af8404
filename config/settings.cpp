#include "config/settings.hpp"

#include <algorithm>

namespace yett::config {

std::vector<listener> default_listeners()
{
    return std::vector<listener>(1);
}

std::map<std::string, limit> built_in_limits()
{
    limit client;
    client.rate = {5, std::chrono::minutes{15}};
    client.burst = client.rate.amount;
    client.algorithm = limit_algorithm::window;
    auto failures = client;
    failures.count = limit_count::failures;
    auto device = failures;
    device.key = {{limit_key::kind::account, {}}};
    auto account = device;
    account.rate.amount = account.burst = 10;
    account.algorithm = limit_algorithm::backoff;
    auto signed_in = account;
    signed_in.key = {{limit_key::kind::user, {}}};
    auto letters = device;
    letters.count = limit_count::requests;
    letters.rate.period = std::chrono::hours{1};
    return {{"login", failures},           {"refresh", failures},
            {"verify", failures},          {"reset", failures},
            {"register", client},          {"login_account", account},
            {"login_device", device},      {"password_account", signed_in},
            {"reset_account", letters},    {"resend_account", letters},
            {"register_account", letters}, {"change_address_account", letters}};
}

std::uint64_t share::of(std::uint64_t whole) const noexcept
{
    return std::max<std::uint64_t>(1, of_hundred ? whole * amount / 100 : amount);
}

std::string_view name_of(signature_algorithm algorithm) noexcept
{
    switch (algorithm) {
    case signature_algorithm::es256: return "ES256";
    case signature_algorithm::es384: return "ES384";
    case signature_algorithm::es512: return "ES512";
    case signature_algorithm::eddsa: return "EdDSA";
    case signature_algorithm::rs256: return "RS256";
    case signature_algorithm::rs384: return "RS384";
    case signature_algorithm::rs512: return "RS512";
    case signature_algorithm::ps256: return "PS256";
    case signature_algorithm::ps384: return "PS384";
    case signature_algorithm::ps512: return "PS512";
    case signature_algorithm::hs256: break;
    }
    return "HS256";
}

} // namespace yett::config
