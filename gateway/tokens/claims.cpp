#include "gateway/tokens/claims.hpp"

#include "gateway/base/text/base64url.hpp"
#include "gateway/base/text/strict_json.hpp"
#include "gateway/tokens/claim_values.hpp"
#include "gateway/tokens/jws.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace yett::tokens {
namespace {

using boost::json::object;

error malformed(std::string note)
{
    return client_error(errc::token_malformed, std::move(note));
}

// For names that mean something in Yett's own tokens alone.
std::string text_if_any(object const& from, std::string_view name)
{
    auto const* const found = from.if_contains(name);
    return found && found->is_string() ? std::string{text_of(*found)} : std::string{};
}

// A single audience is one name, blanks and all (RFC 7519 section 4.1.3).
result<std::vector<std::string>> audience_of(object const& from)
{
    auto const* const found = member(from, "aud");
    if (!found) return std::vector<std::string>{};
    if (found->is_string()) return std::vector{std::string{text_of(*found)}};
    return texts_of(*found, "aud");
}

// RFC 8176 section 2. No rule asks for a method, so that what is no list of texts says nothing: a
// token that serves without the claim serves with a strange one.
std::vector<std::string> methods_of(object const& from)
{
    auto const* const found = member(from, "amr");
    if (!found) return {};
    auto methods = texts_of(*found, "amr");
    return methods ? std::move(*methods) : std::vector<std::string>{};
}

// Amazon and Apple write a string.
bool says_true(boost::json::value const& said)
{
    return said == true || said == "true";
}

result<void> read_times(object const& payload, dialect by, claims& into)
{
    auto const exp = time_at(payload, "exp", {by, rounding::down});
    if (!exp) return exp.error();
    if (!*exp) return malformed("`exp` is missing");
    auto const nbf = time_at(payload, "nbf", {by, rounding::up});
    if (!nbf) return nbf.error();
    auto const iat = time_at(payload, "iat", {by, rounding::up});
    if (!iat) return iat.error();
    auto const auth_time = time_at(payload, "auth_time", {by, rounding::down});
    if (!auth_time) return auth_time.error();
    into.expires_at = into.who.expires_at = **exp;
    into.who.issued_at = iat->value_or(wall_time{});
    // Not `iat`: an issuer that renews a token silently asks nobody for a password.
    into.who.authenticated_at = auth_time->value_or(wall_time{});
    into.not_before = std::max(nbf->value_or(wall_time{}), into.who.issued_at);
    return {};
}

// RFC 7800 section 3.1 wants other ways to confirm a token left alone that are not understood. A thumbprint
// that nobody can have is no other way: the token would be bound to nothing.
result<void> read_confirmation(object const& payload, dialect by, claims& into)
{
    auto const* const cnf = member(payload, "cnf");
    if (!cnf) return {};
    if (!cnf->is_object()) return malformed("`cnf` is not an object");
    auto const* const said = cnf->get_object().if_contains("x5t#S256");
    if (!said) return {};
    auto const digest = said->is_string() ? decode_part(text_of(*said), by) : std::nullopt;
    if (!digest || digest->size() != 32) return malformed("`x5t#S256` of `cnf` is no thumbprint");
    into.who.certificate = base64url_encode(*digest);
    return {};
}

struct wanted_text
{
    std::string_view path;
    std::string* into;
    dialect by;
};

result<void> read_texts(object const& payload, claim_names const& names, dialect by, claims& into)
{
    for (auto const& [path, to, how] : {wanted_text{"iss", &into.who.issuer, dialect::ours},
                                        {names.subject, &into.who.subject, by},
                                        {"jti", &into.who.token_id, by}}) {
        auto text = text_at(payload, path, how);
        if (!text) return text.error();
        *to = std::move(*text);
    }
    if (into.who.subject.empty()) return malformed(fmt::format("`{}` is missing or empty", names.subject));
    into.who.session = text_if_any(payload, "sid");
    into.kind = text_if_any(payload, "type");
    return {};
}

result<void> read_email(object const& payload, claim_names const& names, dialect by, claims& into)
{
    auto email = by == dialect::ours ? text_at(payload, names.email, by) : first_text_at(payload, names.email, into.left_out);
    if (!email) return email.error();
    auto const* const said = member(payload, "email_verified");
    into.email_verified = said && says_true(*said);
    if (!said || into.email_verified) into.who.email = std::move(*email);
    return {};
}

result<void> read_lists(object const& payload, claim_names const& names, dialect by, claims& into)
{
    auto audience = audience_of(payload);
    if (!audience) return audience.error();
    auto roles = by == dialect::ours ? words_at(payload, names.roles) : names_at(payload, names.roles, into.left_out);
    if (!roles) return roles.error();
    auto scopes = by == dialect::ours ? words_at(payload, names.scopes) : loose_words_at(payload, names.scopes, into.left_out);
    if (!scopes) return scopes.error();
    into.who.audience = std::move(*audience);
    into.who.roles = std::move(*roles);
    into.who.scopes = std::move(*scopes);
    into.who.methods = methods_of(payload);
    return {};
}

} // namespace

result<object> parse_payload(std::string_view encoded, payload_rules const& rules, boost::json::storage_ptr memory)
{
    auto const text = decode_part(encoded, rules.by);
    if (!text) return malformed("the payload is not base64url");
    auto payload = parse_strict_object(*text, {.bytes = max_token_bytes, .depth = rules.depth}, std::move(memory));
    if (!payload) return malformed(fmt::format("the payload: {} (at most {} deep)", payload.error().note(), rules.depth));
    return payload;
}

result<claims> read_claims(object const& payload, claim_names const& names, dialect by)
{
    claims read;
    if (auto done = read_texts(payload, names, by, read); !done) return done.error();
    if (auto done = read_email(payload, names, by, read); !done) return done.error();
    if (auto done = read_times(payload, by, read); !done) return done.error();
    if (auto done = read_lists(payload, names, by, read); !done) return done.error();
    if (auto done = read_confirmation(payload, by, read); !done) return done.error();
    return read;
}

} // namespace yett::tokens
