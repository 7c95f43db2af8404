#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"
#include "gateway/tokens/keys/keys.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace yett::tokens {

// Whom an access token is for.
struct access_grant
{
    std::string subject; // `sub` and `user_id`
    std::string session; // `sid`
    std::string email;
    std::vector<std::string> roles;
    std::vector<std::string> scopes;
    wall_time authenticated_at{}; // `auth_time`: when a password was last given; left out when unset
    seconds ttl{15 * 60};
};

// What `sign` made: the token, and what of it somebody has to remember.
struct access_token
{
    secret text;
    std::string id; // `jti`, a UUIDv7
    wall_time expires_at;
};

// Makes Yett's own access tokens (RFC 9068): `typ: at+jwt`, claims iss sub aud iat nbf exp
// jti sid user_id email roles scope auth_time and type:"access".
//
// Any number of threads at once.
class signer
{
public:
    signer(signing_key key, std::string issuer, std::vector<std::string> audience);

    // Issued at `now`, by whichever key signs at that moment. Fails with internal when OpenSSL
    // does, which it should not.
    result<access_token> sign(access_grant const& grant, wall_time now) const;

    // Signs with another key from now on.
    void use(signing_key next);

    signing_key key() const;
    std::string const& issuer() const noexcept { return issuer_; }
    std::vector<std::string> const& audience() const noexcept { return audience_; }

private:
    mutable std::mutex turning_; // held while a key is copied, never while it signs
    signing_key key_;
    std::string issuer_;
    std::vector<std::string> audience_;
};

} // namespace yett::tokens
