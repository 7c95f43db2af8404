#pragma once

#include "gateway/base/result.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <vector>

namespace yett::tokens {

// Which `typ` the access tokens of another issuer have, normalised.
struct token_types
{
    std::vector<std::string> named{"jwt", "at+jwt", "okta-internal-at+jwt"};
    bool absent = true; // they may have none

    bool include(std::optional<std::string> const& type) const;
};

// Whether a token of one of these types is an access token: it says nothing in particular, or
// that it is one (RFC 8725 section 3.11). What has `JWT` or no type must not look like an ID
// token, a refresh token, a logout token or a security event. Fails with token_untrusted.
result<void> check_foreign_kind(token_types const& accepted, std::optional<std::string> const& type,
                                boost::json::object const& payload);

} // namespace yett::tokens
