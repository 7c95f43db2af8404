#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/identity.hpp"
#include "gateway/base/result.hpp"
#include "gateway/tokens/dialect.hpp"

#include <boost/json/object.hpp>
#include <boost/json/storage_ptr.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace yett::tokens {

// Where an issuer says what: member names, or paths through nested objects with dots. A
// name that holds dots itself is found first. Lists may be arrays of strings or one string
// with blanks, of others also integers, and roles the names in an object, as Zitadel has
// them. `roles: realm_access.roles` is Keycloak's.
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
    wall_time expires_at{};      // `exp`
    wall_time not_before{};      // the later of `nbf` and `iat`; the epoch without either
    std::string kind;            // `type`
    bool email_verified = false; // said so in so many words
    // What others say in a way that cannot be mapped, a sentence for the log each. It names the
    // claim and repeats nothing of it.
    std::vector<std::string> left_out;
};

// How a payload is read.
struct payload_rules
{
    dialect by = dialect::ours;
    std::size_t depth = 16; // of nested objects and lists; the payload itself counts
};

// The members of a payload: one JSON object, UTF-8, no member twice. Fails with token_malformed.
result<boost::json::object> parse_payload(std::string_view encoded, payload_rules const& rules = {},
                                          boost::json::storage_ptr memory = {});

// Reads the claims (RFC 7519 section 4.1). Fails with token_malformed and a note that names the
// claim: `exp` missing, a time that is not between 1970 and 9999, an empty or missing subject,
// `aud` neither string nor list of strings. Ours have times in whole seconds and nothing of
// another type. Of others `exp` is cut down to a second, `nbf` and `iat` are rounded up, a list
// of addresses is its first, and a role, scope or address that cannot be mapped is left out: it
// would only have opened doors.
//
// `amr` that is no list of texts is as good as none. Of `cnf` the thumbprint of a certificate counts
// (`x5t#S256`, RFC 8705), and is malformed when it is none; what else it holds says nothing here.
//
// An e-mail address beside `email_verified: false` is left out: rules about addresses must
// not believe what the issuer does not.
result<claims> read_claims(boost::json::object const& payload, claim_names const& names, dialect by = dialect::ours);

} // namespace yett::tokens
