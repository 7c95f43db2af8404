#pragma once

#include "gateway/base/clock.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace yett {
inline namespace base {

// A caller who was proved. Made by `tokens` from a verified token; everything after
// that reads it and nothing changes it.
struct identity
{
    std::string subject; // `sub`, never empty
    std::string email;   // empty when the token names none
    // In the order and spelling of the token; no role is there twice by our own tokens, those of
    // others are taken as they come.
    std::vector<std::string> roles;
    std::vector<std::string> scopes;
    std::string issuer; // `iss`
    std::vector<std::string> audience;
    std::string token_id;             // `jti`, empty when the issuer sets none
    std::string session;              // `sid`, empty for tokens of other issuers
    std::vector<std::string> methods; // `amr` (RFC 8176), as the issuer lists them; empty: nobody says how
    // The thumbprint of the certificate that the token is bound to, `x5t#S256` of `cnf` (RFC 8705 section 3);
    // empty: to none.
    std::string certificate;
    // By the issuer's clock, in whole seconds; of our own tokens to the millisecond.
    wall_time issued_at{};
    wall_time authenticated_at{}; // `auth_time`; unset: nobody says when a password was given
    wall_time expires_at{};
    std::uint32_t requests_per_minute = 0; // the limit an API key brings along; 0: none
};

// Null means that nobody was named: no credential came with the request.
using identity_ptr = std::shared_ptr<identity const>;

} // namespace base
} // namespace yett
