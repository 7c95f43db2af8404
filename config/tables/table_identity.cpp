#include "config/tables/table.hpp"

#include <array>

// Headers that tell an application who is asking. Two checks matter here. A name must not belong to
// framing or to the hop, or an identity could change where a message ends. A claim must be one of
// those an identity is made of, by the words that `upstream/headers/identity_fields` reads them by:
// a claim that nobody knows would be a header that is always empty.

namespace yett::config {
namespace {

// Claims an identity is made of, as `upstream` knows them.
constexpr std::array<std::string_view, 16> claims{"sub",      "user_id",  "email",      "roles",      "groups",    "scope",
                                                  "iss",      "sid",      "jti",        "iat",        "auth_time", "exp",
                                                  "cert_uri", "cert_dns", "cert_email", "cert_sha256"};

// Framing and the hop are never an identity's business.
constexpr std::array<std::string_view, 10> not_ours{
    "connection", "content-length",    "host",    "keep-alive", "te",
    "trailer",    "transfer-encoding", "upgrade", "expect",     "proxy-connection"};

result<std::string> parse_claim(std::string_view text)
{
    if (std::ranges::find(claims, text) == claims.end())
        return wrong(
            "is no claim of an identity; allowed: sub, user_id, email, roles, groups, scope, iss, sid, jti, iat, auth_time, exp, "
            "cert_uri, cert_dns, cert_email, cert_sha256");
    return std::string{text};
}

bool is_ours(std::string_view name)
{
    auto const same = [&](std::string_view other) {
        return std::ranges::equal(name, other, {}, [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    };
    return parse_header_name(name).has_value() && std::ranges::none_of(not_ours, same);
}

result<std::string> parse_our_name(std::string_view text)
{
    if (!is_ours(text)) return wrong("is not a header an identity can travel in");
    return std::string{text};
}

// Names are the operator's, so this mapping has no table of keys: each name is checked as a name
// and each value as a claim.
void read_set(reading& r, spot const& at, identity_headers& into)
{
    if (!detail::is_mapping(r, at)) return;
    auto const claim = text_of("claim", parse_claim);
    for (auto const& [name, child] : detail::members_of(r, at, nullptr)) {
        auto const one = at.member(*child);
        if (!is_ours(name)) r.complain(child->key_at, one.path, "is not a header an identity can travel in");
        else if (auto const got = detail::read_value(r, one, claim)) into.set[name] = *got;
    }
}

key<identity_headers> set_key()
{
    auto const describe = [](identity_headers const&, std::string const& path, std::vector<row>& out) {
        out.push_back(
            {path, "mapping", "{}",
             "header name to claim: sub, user_id, email, roles, groups, scope, iss, sid, jti, iat, auth_time, exp, "
             "cert_uri, cert_dns, cert_email, cert_sha256",
             "Further headers, beside those of the preset. `cert_*` are of the client's certificate: beside a token, or "
             "where a rule asks for `certificates`."});
    };
    return {"set", false, read_set, {}, describe};
}

section<assertion> const& assertion_keys()
{
    static section<assertion> const keys{
        {
            value("header", &assertion::header, text_of("header name", parse_our_name), "The header it travels in."),
            value("ttl", &assertion::ttl, duration<milliseconds>(seconds{5}, seconds{3'600}),
                  "How long it is good; a new one is signed after half of it."),
            value(
                "audience", &assertion::audience, text(),
                "Its `aud`; route_host is `match.host` of the route, or `HOST:PORT` of the upstream's first server for a route of any host."),
        },
        {},
    };
    return keys;
}

result<std::string> parse_role_pattern(std::string_view text)
{
    if (text.empty()) return wrong("is empty; a pattern is a role, `*` in it stands for any text");
    return std::string{text};
}

section<written_roles> const& role_keys()
{
    static section<written_roles> const keys{
        {
            values("only", &written_roles::only, text_of("pattern", parse_role_pattern), emptiness::allowed,
                   "Roles that headers and assertions name, `*` standing for any text; all of them when there is none. Rules see "
                   "every role all the same."),
        },
        {},
    };
    return keys;
}

section<identity_headers> const& identity_keys()
{
    using p = identity_preset;
    static section<identity_headers> const keys{
        {
            value(
                "preset", &identity_headers::preset,
                one_of<p>(
                    {{"yett", p::yett}, {"oauth2-proxy", p::oauth2_proxy}, {"remote-user", p::remote_user}, {"none", p::none}}),
                "Which well-known headers tell the application who is asking. All names of all presets are removed from what clients send."),
            set_key(),
            value("too_long", &identity_headers::too_long,
                  one_of<too_long>({{"refuse", too_long::refuse}, {"omit", too_long::omit}}),
                  "What happens when roles do not fit into a header: 403, or the whole header is left out and "
                  "`X-Yett-Roles-Omitted: true` set. They are never cut."),
            value("most_bytes", &identity_headers::most_bytes, size(256, 32 << 10),
                  "The longest value of an identity header, and of the assertion."),
            part("roles", &identity_headers::roles, role_keys()),
            optional_part("assertion", &identity_headers::assertion, assertion_keys(), "The identity as a signed token."),
        },
        {},
    };
    return keys;
}

} // namespace

key<settings> identity_headers_key()
{
    return part("identity_headers", &settings::identity_headers, identity_keys());
}

} // namespace yett::config
