#include "gateway/tokens/verifier.hpp"

#include "gateway/base/random.hpp"
#include "gateway/tokens/issue_moment.hpp"
#include "gateway/tokens/jws.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <stdexcept>

// The order of checks is a promise. Size and form come first, since they cost nothing; then the
// header, which decides only whose keys are tried; then the signature; and only a payload that
// somebody signed is read claim by claim. Then the issuer must be the one whose key it was, the
// type that of an access token, the audience ours, the name unmistakable, and the time right.
//
// Before the signature is known to be good the payload is read in one case: when keys of several
// issuers fit, `iss` says whose to try. A lie there finds a key that did not sign.
//
// A verdict stands on a basis: the key and everything that the rules of its issuer say. After a
// change of keys or rules a cached verdict holds if its basis is still among those in force
// (`stands_on`), so that a new key of one issuer does not make the tokens of all others be verified
// again.

namespace yett::tokens {
namespace {

error refuse(errc code, char const* note)
{
    return client_error(code, note);
}

std::uint64_t next_generation()
{
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

// Everything but the key that a verdict depends on.
std::uint64_t hash_of_rules(issuer const& of)
{
    auto const text = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}{}{}\n{}\n{}{}{}\n{}\n{}", of.name, fmt::join(of.audience, "\t"),
                                  of.claims.subject, of.claims.email, of.claims.roles, of.claims.scopes, of.skew.count(), of.own,
                                  of.any_name, of.any_audience, of.known_as, of.bare_subjects, of.trusts_emails, of.types.absent,
                                  fmt::join(of.types.named, "\t"), of.most_depth);
    std::uint64_t value;
    std::memcpy(&value, sha256(text).data(), sizeof value);
    return value;
}

void check(std::vector<issuer> const& issuers)
{
    for (auto const& one : issuers) {
        if (one.name.empty() && !one.any_name) throw std::invalid_argument{"an issuer has no name"};
        if (one.audience.empty() && !one.any_audience) throw std::invalid_argument{"an issuer has no audience"};
        if (std::ranges::count(issuers, one.name, &issuer::name) > 1) throw std::invalid_argument{"two issuers share a name"};
    }
}

result<void> check_kind(issuer const& from, jws_header const& header, boost::json::object const& payload, claims const& said)
{
    if (!from.own) return check_foreign_kind(from.types, header.type, payload);
    if (header.type == "at+jwt" && said.kind == "access") return {};
    return refuse(errc::token_untrusted, "the token is of another type");
}

// For a look at `iss` before anybody knows by whose rules the rest is read.
constexpr payload_rules loosest_rules{dialect::foreign, 64};

std::string_view iss_of(boost::json::object const& payload)
{
    auto const* const named = payload.if_contains("iss");
    return named && named->is_string() ? std::string_view{named->get_string()} : std::string_view{};
}

// Sessions are ours alone, and so is what we know of addresses.
void take_on_trust(issuer const& from, claims& said)
{
    said.who.session.clear();
    if (!said.email_verified && !from.trusts_emails) said.who.email.clear();
}

bool is_for(issuer const& from, std::vector<std::string> const& audience)
{
    return from.any_audience || std::ranges::find_first_of(audience, from.audience) != audience.end();
}

} // namespace

// What is known about a token while it is looked at.
struct verifier::attempt
{
    jws_parts parts;
    jws_header const* header;
    boost::json::storage_ptr memory;
};

verifier::verifier(std::vector<issuer> issuers, std::size_t most_bytes)
    : issuers_{std::move(issuers)},
      most_bytes_{most_bytes},
      generation_{next_generation()}
{
    check(issuers_);
    for (std::size_t at = 0; at < issuers_.size(); ++at) {
        rules_.push_back(hash_of_rules(issuers_[at]));
        for (auto const& key : issuers_[at].keys) bases_.push_back(basis_of(at, key));
    }
    std::ranges::sort(bases_);
}

std::uint64_t verifier::basis_of(std::size_t at, verification_key const& key) const noexcept
{
    return std::rotl(rules_[at], 23) ^ key.fingerprint();
}

bool verifier::stands_on(std::uint64_t basis) const noexcept
{
    return std::ranges::binary_search(bases_, basis);
}

// Whose keys to try: the only issuer with a fitting key, or the one the token names.
result<std::size_t> verifier::issuer_of(attempt& of) const
{
    std::optional<std::size_t> only;
    bool several = false;
    for (std::size_t at = 0; at < issuers_.size(); ++at) {
        auto const fits = [&](verification_key const& key) { return may_have_signed(key, *of.header); };
        if (std::ranges::none_of(issuers_[at].keys, fits)) continue;
        several = only.has_value();
        only = only ? only : at;
        if (several) break;
    }
    if (!only) return refuse(errc::token_untrusted, "no key fits `alg` and `kid`");
    if (!several) return *only;

    auto const payload = parse_payload(of.parts.payload, loosest_rules, of.memory);
    if (!payload) return payload.error();
    if (auto const at = issuer_called(iss_of(*payload))) return *at;
    return refuse(errc::token_wrong_issuer, "`iss` is none of ours");
}

std::optional<std::size_t> verifier::issuer_called(std::string_view name) const noexcept
{
    for (std::size_t at = 0; at < issuers_.size(); ++at)
        if (!name.empty() && issuers_[at].name == name) return at;
    return std::nullopt;
}

result<verified> verifier::verify(std::string_view token, wall_time now, check_budget& pays) const
{
    auto const parts = split_compact(token, most_bytes_);
    if (!parts) return parts.error();
    auto const header = read_header(parts->header);
    if (!header) return header.error();
    std::array<unsigned char, 4096> room;
    boost::json::monotonic_resource memory{room.data(), room.size()};
    attempt of{*parts, *header, &memory};
    auto const at = issuer_of(of);
    if (!at) return at.error();
    auto const& from = issuers_[*at];
    if (from.own && (*header)->foreign) return refuse(*(*header)->foreign, "the header is not spelled as ours are");
    auto const key = find_signer(*parts, **header, from.keys, from.speaks(), pays);
    if (!key) return key.error();

    auto const payload = parse_payload(parts->payload, {from.speaks(), from.most_depth}, &memory);
    if (!payload) return payload.error();
    auto said = read_claims(*payload, from.claims, from.speaks());
    if (!said) return said.error();
    if (!from.any_name && said->who.issuer != from.name) return refuse(errc::token_wrong_issuer, "`iss` is not the key's");
    if (auto fits = check_kind(from, **header, *payload, *said); !fits) return fits.error();
    if (!is_for(from, said->who.audience)) return refuse(errc::token_wrong_audience, "`aud` is not ours");
    if (auto named = make_unmistakable(said->who, from, issuers_); !named) return named.error();
    if (from.own) said->who.issued_at = issue_moment(said->who);
    else take_on_trust(from, *said);

    verified good{nullptr,
                  said->not_before - from.skew,
                  said->expires_at + from.skew,
                  static_cast<std::uint32_t>(*at),
                  basis_of(*at, **key),
                  (*key)->kid(),
                  std::move(said->left_out)};
    if (now < good.not_before) return refuse(errc::token_not_yet_valid, "`nbf` or `iat` is in the future");
    if (now >= good.expires) return refuse(errc::token_expired, "`exp` has passed");
    good.who = std::make_shared<identity const>(std::move(said->who));
    return good;
}

// For a token that no key fits: whose keys to ask for. Nothing of it is believed, it may cost one
// question a minute.
std::optional<std::size_t> verifier::issuer_lacking_key(std::string_view token) const
{
    auto const parts = split_compact(token, most_bytes_);
    if (!parts) return std::nullopt;
    auto const header = read_header(parts->header);
    if (!header) return std::nullopt;
    auto const payload = parse_payload(parts->payload, loosest_rules);
    if (!payload) return std::nullopt;
    auto const at = issuer_called(iss_of(*payload));
    if (!at) return std::nullopt;
    auto const& type = (*header)->type;
    auto const may_be_access = issuers_[*at].own ? type == "at+jwt" : issuers_[*at].types.include(type);
    return may_be_access ? at : std::nullopt;
}

// A text with an `iss` that is read in two ways is nobody's token.
bool verifier::is_named_in(std::string_view token) const
{
    auto const first = token.find('.');
    if (first == token.npos) return false;
    auto const rest = token.substr(first + 1);
    auto const payload = parse_payload(rest.substr(0, rest.find('.')), loosest_rules);
    return payload && issuer_called(iss_of(*payload));
}

} // namespace yett::tokens
