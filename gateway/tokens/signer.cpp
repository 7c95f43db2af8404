#include "gateway/tokens/signer.hpp"

#include "gateway/base/random.hpp"
#include "gateway/tokens/jws.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

// Access tokens as RFC 9068 has them, with the claims that applications of ours have always read
// beside it (`user_id`, `type`). The key is copied under a mutex for each signature, since another
// thread may turn to the next one; a token is signed by one key whole. `iat` and `exp` are whole
// seconds, for not every reader takes fractions.

namespace yett::tokens {
namespace {

boost::json::array listed(std::vector<std::string> const& texts)
{
    boost::json::array list;
    for (auto const& text : texts) list.emplace_back(text);
    return list;
}

} // namespace

signer::signer(signing_key key, std::string issuer, std::vector<std::string> audience)
    : key_{std::move(key)},
      issuer_{std::move(issuer)},
      audience_{std::move(audience)}
{
}

void signer::use(signing_key next)
{
    std::lock_guard const lock{turning_};
    key_ = std::move(next);
}

signing_key signer::key() const
{
    std::lock_guard const lock{turning_};
    return key_;
}

result<access_token> signer::sign(access_grant const& grant, wall_time now) const
{
    auto id = make_uuid(now);
    auto const issued = to_unix(now);
    auto const expires = issued + grant.ttl.count();
    boost::json::object payload{
        {"iss", issuer_},
        {"aud", audience_.size() == 1 ? boost::json::value(audience_.front()) : boost::json::value(listed(audience_))},
        {"type", "access"},
        {"scope", fmt::format("{}", fmt::join(grant.scopes, " "))},
        {"roles", listed(grant.roles)},
        {"iat", issued},
        {"nbf", issued},
        {"exp", expires},
        {"sub", grant.subject},
        {"user_id", grant.subject},
        {"email", grant.email},
        {"sid", grant.session},
        {"jti", id},
    };
    if (grant.authenticated_at != wall_time{}) payload["auth_time"] = to_unix(grant.authenticated_at);
    auto text = sign_compact(key(), "at+jwt", boost::json::serialize(payload));
    if (!text) return text.error();
    return access_token{secret{std::move(*text)}, std::move(id), from_unix(expires)};
}

} // namespace yett::tokens
