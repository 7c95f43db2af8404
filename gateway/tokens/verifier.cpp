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
    auto const text =
        fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}{}{}", of.name, fmt::join(of.audience, "\t"), of.claims.subject,
                    of.claims.email, of.claims.roles, of.claims.scopes, of.skew.count(), of.own, of.any_name, of.any_audience);
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

// A token that says what it is must be an access token or say nothing in particular
// (RFC 8725 section 3.11). Okta writes okta-internal-at+jwt.
bool is_access_type(std::string_view type)
{
    return type.empty() || type == "jwt" || type.ends_with("at+jwt");
}

result<void> check_type(issuer const& from, jws_header const& header, claims const& said)
{
    bool const fits = from.own ? header.type == "at+jwt" && said.kind == "access" : is_access_type(header.type);
    if (!fits) return refuse(errc::token_untrusted, "the token is of another type");
    return {};
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
    std::optional<boost::json::object> payload;

    result<void> read_payload()
    {
        if (payload) return {};
        auto read = parse_payload(parts.payload, memory);
        if (!read) return read.error();
        payload.emplace(std::move(*read), memory);
        return {};
    }
};

verifier::verifier(std::vector<issuer> issuers) : issuers_{std::move(issuers)}, generation_{next_generation()}
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

    if (auto read = of.read_payload(); !read) return read.error();
    auto const* const named = of.payload->if_contains("iss");
    for (std::size_t at = 0; named && named->is_string() && at < issuers_.size(); ++at)
        if (issuers_[at].name == std::string_view{named->get_string()}) return at;
    return refuse(errc::token_wrong_issuer, "`iss` is none of ours");
}

result<verified> verifier::verify(std::string_view token, wall_time now) const
{
    auto const parts = split_compact(token);
    if (!parts) return parts.error();
    auto const header = read_header(parts->header);
    if (!header) return header.error();
    std::array<unsigned char, 4096> room;
    boost::json::monotonic_resource memory{room.data(), room.size()};
    attempt of{*parts, *header, &memory, {}};
    auto const at = issuer_of(of);
    if (!at) return at.error();
    auto const& from = issuers_[*at];
    auto const key = find_signer(*parts, **header, from.keys);
    if (!key) return key.error();

    if (auto read = of.read_payload(); !read) return read.error();
    auto said = read_claims(*of.payload, from.claims);
    if (!said) return said.error();
    if (!from.any_name && said->who.issuer != from.name) return refuse(errc::token_wrong_issuer, "`iss` is not the key's");
    if (auto fits = check_type(from, **header, *said); !fits) return fits.error();
    if (!is_for(from, said->who.audience)) return refuse(errc::token_wrong_audience, "`aud` is not ours");
    if (from.own) said->who.issued_at = issue_moment(said->who);
    else said->who.session.clear();

    verified good{nullptr,
                  said->not_before - from.skew,
                  said->expires_at + from.skew,
                  static_cast<std::uint32_t>(*at),
                  basis_of(*at, **key),
                  (*key)->kid()};
    if (now < good.not_before) return refuse(errc::token_not_yet_valid, "`nbf` or `iat` is in the future");
    if (now >= good.expires) return refuse(errc::token_expired, "`exp` has passed");
    good.who = std::make_shared<identity const>(std::move(said->who));
    return good;
}

std::optional<std::size_t> verifier::issuer_lacking_key(std::string_view token) const
{
    auto const parts = split_compact(token);
    if (!parts) return std::nullopt;
    auto const header = read_header(parts->header);
    if (!header || !is_access_type((*header)->type)) return std::nullopt;
    auto const payload = parse_payload(parts->payload);
    auto const* const named = payload ? payload->if_contains("iss") : nullptr;
    if (!named || !named->is_string()) return std::nullopt;
    for (std::size_t at = 0; at < issuers_.size(); ++at)
        if (issuers_[at].name == std::string_view{named->get_string()}) return at;
    return std::nullopt;
}

} // namespace yett::tokens
