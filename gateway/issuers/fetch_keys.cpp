#include "gateway/issuers/fetch_keys.hpp"

#include "gateway/issuers/metadata.hpp"

namespace yett::issuers {
namespace {

fetched<std::string> key_address(web& from, source const& of, steady_time until)
{
    if (!of.key_url.empty()) return of.key_url;
    auto const metadata = from.get(metadata_url(of.issuer), until);
    if (!metadata) return metadata.error();
    return key_address_in(metadata->body, of.issuer);
}

} // namespace

fetched<key_reply> fetch_keys(web& from, source const& of, steady_time until)
{
    auto const address = key_address(from, of, until);
    if (!address) return address.error();
    auto const found = from.get(*address, until);
    if (!found) return found.error();
    tokens::jwks_rules rules;
    rules.algorithms = of.algorithms;
    rules.may_be_empty = true;
    auto set = tokens::parse_jwks(found->body, rules);
    if (!set) return fetch_error{fetch_error::kind::malformed, "the key set: " + set.error().note()};
    return key_reply{std::move(*set), found->max_age};
}

} // namespace yett::issuers
