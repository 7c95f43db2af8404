#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/identity.hpp"
#include "gateway/base/result.hpp"

#include <boost/json/object.hpp>
#include <boost/json/storage_ptr.hpp>

#include <string>
#include <string_view>

namespace yett::tokens {

// Where an issuer says what: member names, or paths through nested objects with dots. A
// name that holds dots itself is found first. Lists may be arrays of strings or one string
// with blanks. `roles: realm_access.roles` is Keycloak's.
struct claim_names
{
    std::string subject = "sub";
    std::string email = "email";
    std::string roles = "roles";
    std::string scopes = "scope";
};

// What a payload says, read strictly and believed by nobody yet.
struct claims
{
    identity who;
    wall_time expires_at{}; // `exp`
    wall_time not_before{}; // the later of `nbf` and `iat`; the epoch without either
    std::string kind;       // `type`
};

// The members of a payload: one JSON object, UTF-8, no member twice. Fails with token_malformed.
result<boost::json::object> parse_payload(std::string_view encoded, boost::json::storage_ptr memory = {});

// Reads the claims (RFC 7519 section 4.1). Fails with token_malformed: `exp` missing, a
// time that is no integer of seconds between 1970 and 9999, an empty or missing subject,
// `aud` neither string nor list of strings, a mapped claim of another type.
//
// An e-mail address beside `email_verified: false` is left out: rules about addresses must
// not believe what the issuer does not.
result<claims> read_claims(boost::json::object const& payload, claim_names const& names);

} // namespace yett::tokens
