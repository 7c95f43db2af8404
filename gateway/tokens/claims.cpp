#include "gateway/tokens/claims.hpp"

#include "gateway/base/base64url.hpp"
#include "gateway/base/strict_json.hpp"
#include "gateway/tokens/jws.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace yett::tokens {
namespace {

using boost::json::object;
using boost::json::value;

constexpr std::int64_t end_of_year_9999 = 253402300799;

error malformed(std::string note)
{
    return client_error(errc::token_malformed, std::move(note));
}

std::string_view text_of(value const& v)
{
    return v.get_string();
}

// A null member says the same as none.
value const* member(object const& from, std::string_view name)
{
    auto const* const found = from.if_contains(name);
    return found && !found->is_null() ? found : nullptr;
}

// The whole path is a name first, then every prefix that ends before a dot.
value const* find(object const& from, std::string_view path)
{
    if (auto const* const found = member(from, path)) return found;
    for (auto dot = path.find('.'); dot != path.npos; dot = path.find('.', dot + 1)) {
        auto const* const inner = member(from, path.substr(0, dot));
        if (!inner || !inner->is_object()) continue;
        if (auto const* const found = find(inner->get_object(), path.substr(dot + 1))) return found;
    }
    return nullptr;
}

// RFC 7519 allows fractions; no issuer of note writes them, and floats compare badly.
result<std::optional<wall_time>> time_at(object const& from, std::string_view name)
{
    auto const* const found = from.if_contains(name);
    if (!found) return std::optional<wall_time>{};
    std::int64_t at = -1;
    if (found->is_int64()) at = found->get_int64();
    if (at < 0 || at > end_of_year_9999) return malformed(fmt::format("`{}` is no time in whole seconds", name));
    return std::optional{from_unix(at)};
}

result<std::string> text_at(object const& from, std::string_view path)
{
    auto const* const found = find(from, path);
    if (!found) return std::string{};
    if (!found->is_string()) return malformed(fmt::format("`{}` is not a text", path));
    return std::string{text_of(*found)};
}

// For names that mean something in Yett's own tokens alone.
std::string text_if_any(object const& from, std::string_view name)
{
    auto const* const found = from.if_contains(name);
    return found && found->is_string() ? std::string{text_of(*found)} : std::string{};
}

std::vector<std::string> words_of(std::string_view text)
{
    std::vector<std::string> words;
    while (!text.empty()) {
        auto const end = std::min(text.find(' '), text.size());
        if (end > 0) words.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

result<std::vector<std::string>> texts_of(value const& list, std::string_view path)
{
    std::vector<std::string> texts;
    if (!list.is_array()) return malformed(fmt::format("`{}` is neither a text nor a list", path));
    texts.reserve(list.get_array().size());
    for (auto const& entry : list.get_array()) {
        if (!entry.is_string()) return malformed(fmt::format("`{}` does not hold texts alone", path));
        texts.emplace_back(text_of(entry));
    }
    return texts;
}

result<std::vector<std::string>> words_at(object const& from, std::string_view path)
{
    auto const* const found = find(from, path);
    if (!found) return std::vector<std::string>{};
    if (found->is_string()) return words_of(text_of(*found));
    return texts_of(*found, path);
}

// A single audience is one name, blanks and all (RFC 7519 section 4.1.3).
result<std::vector<std::string>> audience_of(object const& from)
{
    auto const* const found = from.if_contains("aud");
    if (!found) return std::vector<std::string>{};
    if (found->is_string()) return std::vector{std::string{text_of(*found)}};
    return texts_of(*found, "aud");
}

// Amazon and Apple write a string.
bool is_disowned(object const& payload)
{
    auto const* const said = member(payload, "email_verified");
    return said && *said != true && *said != "true";
}

result<void> read_times(object const& payload, claims& into)
{
    auto const exp = time_at(payload, "exp");
    if (!exp) return exp.error();
    if (!*exp) return malformed("`exp` is missing");
    auto const nbf = time_at(payload, "nbf");
    if (!nbf) return nbf.error();
    auto const iat = time_at(payload, "iat");
    if (!iat) return iat.error();
    auto const auth_time = time_at(payload, "auth_time");
    if (!auth_time) return auth_time.error();
    into.expires_at = into.who.expires_at = **exp;
    into.who.issued_at = iat->value_or(wall_time{});
    // Not `iat`: an issuer that renews a token silently asks nobody for a password.
    into.who.authenticated_at = auth_time->value_or(wall_time{});
    into.not_before = std::max(nbf->value_or(wall_time{}), into.who.issued_at);
    return {};
}

struct wanted_text
{
    std::string_view path;
    std::string* into;
};

result<void> read_texts(object const& payload, claim_names const& names, claims& into)
{
    for (auto const& [path, to] : {wanted_text{"iss", &into.who.issuer},
                                   {names.subject, &into.who.subject},
                                   {names.email, &into.who.email},
                                   {"jti", &into.who.token_id}}) {
        auto text = text_at(payload, path);
        if (!text) return text.error();
        *to = std::move(*text);
    }
    if (into.who.subject.empty()) return malformed(fmt::format("`{}` is missing or empty", names.subject));
    if (is_disowned(payload)) into.who.email.clear();
    into.who.session = text_if_any(payload, "sid");
    into.kind = text_if_any(payload, "type");
    return {};
}

result<void> read_lists(object const& payload, claim_names const& names, claims& into)
{
    auto audience = audience_of(payload);
    if (!audience) return audience.error();
    auto roles = words_at(payload, names.roles);
    if (!roles) return roles.error();
    auto scopes = words_at(payload, names.scopes);
    if (!scopes) return scopes.error();
    into.who.audience = std::move(*audience);
    into.who.roles = std::move(*roles);
    into.who.scopes = std::move(*scopes);
    return {};
}

} // namespace

result<object> parse_payload(std::string_view encoded, boost::json::storage_ptr memory)
{
    auto const text = base64url_decode(encoded);
    if (!text) return malformed("the payload is not base64url");
    auto payload = parse_strict_object(*text, {.bytes = max_token_bytes, .depth = 16}, std::move(memory));
    if (!payload) return malformed("the payload: " + payload.error().note());
    return payload;
}

result<claims> read_claims(object const& payload, claim_names const& names)
{
    claims read;
    if (auto done = read_texts(payload, names, read); !done) return done.error();
    if (auto done = read_times(payload, read); !done) return done.error();
    if (auto done = read_lists(payload, names, read); !done) return done.error();
    return read;
}

} // namespace yett::tokens
