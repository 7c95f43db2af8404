#include "config/tables/table.hpp"
#include "config/values/issuer_name.hpp"

// Keys of `tokens`: what Yett signs itself, and whose tokens it takes besides. Most of what is
// checked here is about time. A key has to outlive the last token it signed (`keep_for`), a session
// the refresh that is to lengthen it, and a new key is published before it signs, so that whoever
// keeps a key set for a while knows it by then. A file in which one of them is the wrong way round
// would work for minutes or days, and then refuse everybody at once.

namespace yett::config {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

// What other issuers may sign with. `Ed25519` is the name that RFC 9864 gives to what RFC 8037
// called EdDSA; both are in use.
codec<signature_algorithm> algorithm()
{
    using enum signature_algorithm;
    return one_of<signature_algorithm>({{"ES256", es256},
                                        {"ES384", es384},
                                        {"ES512", es512},
                                        {"EdDSA", eddsa},
                                        {"Ed25519", eddsa},
                                        {"RS256", rs256},
                                        {"RS384", rs384},
                                        {"RS512", rs512},
                                        {"PS256", ps256},
                                        {"PS384", ps384},
                                        {"PS512", ps512},
                                        {"HS256", hs256}});
}

// What Yett signs with.
codec<signature_algorithm> signing_algorithm()
{
    using enum signature_algorithm;
    return one_of<signature_algorithm>({{"ES256", es256}, {"EdDSA", eddsa}, {"RS256", rs256}, {"HS256", hs256}});
}

constexpr std::size_t least_sealing_bytes = 16;

void finish_signing_keys(reading& r, spot const& at, signing_keys& k)
{
    if (!k.secret.empty() && k.secret.size() < least_sealing_bytes)
        r.complain_at(at.path + ".secret", "is shorter than 16 bytes; whoever has the files could guess it");
    if (k.publish_before >= k.rotate_every)
        r.complain_at(at.path + ".publish_before", "is not shorter than rotate_every; a key would never be the youngest");
}

section<signing_keys> const& signing_key_keys()
{
    using k = signing_keys;
    static section<k> const keys{
        {
            file("directory", &k::directory,
                 "Where the signing keys are kept; in the storage when absent. The first is made when there is none."),
            secret_text("secret", &k::secret, "Encrypts the keys at rest, at least 16 bytes; without it they are in the clear."),
            file_version("secret", &k::secret),
            value("rotate_every", &k::rotate_every, duration<seconds>(seconds{2}, days{3'650}),
                  "A new key signs after this time."),
            value("publish_before", &k::publish_before, duration<seconds>(seconds{1}, days{30}),
                  "It is published so long before it signs; shorter than rotate_every."),
            value("keep_for", &k::keep_for, duration<seconds>(seconds{10}, days{365}),
                  "A retired key is trusted so long; as long as its last token at least."),
        },
        finish_signing_keys,
    };
    return keys;
}

section<token_cache> const& cache_keys()
{
    static section<token_cache> const keys{
        {
            value("ttl", &token_cache::ttl, duration<milliseconds>(seconds{0}, minutes{5}),
                  "How long the check of a token is remembered; never past its end."),
            value("bytes", &token_cache::bytes, size(1 << 20, 1ull << 36), "Memory for that, of all workers together."),
        },
        {},
    };
    return keys;
}

section<claim_names> const& claim_keys()
{
    static section<claim_names> const keys{
        {
            value("user", &claim_names::user, text(), "The claim that names the user; dots lead into objects."),
            value("email", &claim_names::email, text(), "The claim with the address."),
            value("roles", &claim_names::roles, text(), "The claim with the roles, a list or words between blanks."),
            value("scopes", &claim_names::scopes, text(), "The claim with the scopes, a list or words between blanks."),
        },
        {},
    };
    return keys;
}

section<issuers::refresh_policy> const& key_refresh_keys()
{
    static section<issuers::refresh_policy> const keys{
        {
            value("least", &issuers::refresh_policy::least, duration<seconds>(seconds{1}, hours{1}),
                  "Bounds their Cache-Control from below. Keys are fetched again after 70 to 90 % of it, and because "
                  "of an unknown key once a minute at most."),
            value("most", &issuers::refresh_policy::most, duration<seconds>(seconds{1}, days{1}),
                  "They are fetched again after this at the latest."),
        },
        [](reading& r, spot const& at, issuers::refresh_policy& k) {
            if (k.most < k.least) r.complain_at(at.path + ".most", "is shorter than least");
        },
    };
    return keys;
}

// Whoever can change a key set on its way can sign tokens, so https is no matter of taste. The
// exception is a server on this very machine, and only where private addresses were allowed by
// name.
void refuse_clear_text(reading& r, std::string const& path, std::string_view url, issuer const& one)
{
    if (url.empty() || url.starts_with("https://") || (one.private_addresses && is_loopback_url(url))) return;
    r.complain_at(path, fmt::format("{} is not an https URL; keys come over nothing else, but for those of this machine with "
                                    "private_addresses: true",
                                    in_quotes(url)));
}

codec<believed_emails> believed_addresses()
{
    using enum believed_emails;
    return one_of<believed_emails>({{"verified", verified}, {"trusted", trusted}});
}

void take_default_name(reading& r, spot const& at, issuer& one)
{
    auto const path = at.path + ".name";
    if (!one.name.empty() || one.iss.empty() || r.has_complaint_at(path)) return;
    one.name = default_issuer_name(one.iss);
    if (one.name.empty()) r.complain_at(path, "is missing; `issuer` has no host that could be it");
}

// Keys come from one place. With two, nobody could say which of them a key was revoked in.
void finish_issuer(reading& r, spot const& at, issuer& one)
{
    one.place = r.place(at.value->at);
    take_default_name(r, at, one);
    auto const sources = (one.jwks_url.empty() ? 0 : 1) + (one.jwks_file.empty() ? 0 : 1) + (one.discovery ? 1 : 0);
    if (sources != 1 && !r.has_complaint_at(at.path + ".jwks_url"))
        r.complain(at, fmt::format("{} of jwks_file, jwks_url and discovery: true {} given; exactly one is wanted",
                                   sources == 0 ? "none" : "several", sources == 0 ? "is" : "are"));
    auto const shared = std::ranges::find(one.algorithms, signature_algorithm::hs256) != one.algorithms.end();
    if (shared && one.jwks_file.empty())
        r.complain_at(at.path + ".algorithms", "HS256 needs a shared secret, which only jwks_file can hold");
    refuse_clear_text(r, at.path + ".jwks_url", one.jwks_url, one);
    if (one.discovery) refuse_clear_text(r, at.path + ".issuer", one.iss, one);
}

section<issuer> const& issuer_keys()
{
    static section<issuer> const keys{
        {
            required(value("issuer", &issuer::iss, text(), "Its `iss`, compared whole.")),
            value(
                "name", &issuer::name, nullable(text_of("name", parse_issuer_name)),
                "What stands before its subjects wherever one text names a user, NAME:sub; each only once. Its host when absent."),
            value("bare_subjects", &issuer::bare_subjects, {"boolean", {}, parse_boolean, show_boolean},
                  "Its subjects are written as they come and may be those of local users; only with registration: closed."),
            value("emails", &issuer::emails, believed_addresses(),
                  "An address without `email_verified: true` counts for nothing and is written nowhere; `trusted` takes one "
                  "that comes without the claim."),
            values(
                "types", &issuer::types, text_of("word", parse_token_type), emptiness::refused,
                "The `typ` its access tokens may have, compared without case and `application/`; `none` is a token without one."),
            value("most_depth", &issuer::most_depth, count<unsigned>(2, 64),
                  "How deep objects and lists in its claims may nest."),
            required(
                values("audience", &issuer::audience, text(), emptiness::refused, "Its tokens must name one of these in `aud`.")),
            required(values("algorithms", &issuer::algorithms, algorithm(), emptiness::refused,
                            "What it signs with; nothing else is accepted.")),
            file("jwks_file", &issuer::jwks_file, "Its keys, a JSON Web Key Set."),
            value("jwks_url", &issuer::jwks_url, nullable(text_of("URL", parse_web_url)), "Where its keys are published, https."),
            value("discovery", &issuer::discovery, {"boolean", {}, parse_boolean, show_boolean},
                  "Finds its keys through OpenID Connect discovery; `issuer` is where it is."),
            file("ca_file", &issuer::ca_file,
                 "Verifies the certificate of where the keys are; the system's authorities when absent."),
            value("private_addresses", &issuer::private_addresses, {"boolean", {}, parse_boolean, show_boolean},
                  "Keys may come from private addresses, and from this machine without TLS."),
            value("redirects", &issuer::redirects, {"boolean", {}, parse_boolean, show_boolean},
                  "Redirects are followed, three at most, to https alone."),
            value("timeout", &issuer::timeout, duration<milliseconds>(milliseconds{100}, minutes{1}),
                  "How long fetching may take."),
            part("refresh", &issuer::refresh, key_refresh_keys()),
            part("claims", &issuer::claims, claim_keys()),
        },
        finish_issuer,
    };
    return keys;
}

// 0 stands for the default, which follows from another setting.
codec<seconds> session_length()
{
    auto of = duration<seconds>(minutes{1}, days{3'650});
    of.show = [](seconds const& value) {
        return value.count() ? show_duration(value) : "30d, or refresh_ttl when that is longer";
    };
    return of;
}

// Of two that share `iss` nobody could say whose keys count, and of two that share a name
// whose subject is meant. A name is read by people, who do not see case.
void refuse_namesakes(reading& r, std::string const& path, tokens const& t, std::size_t at)
{
    auto const& one = t.issuers[at];
    auto const before = t.issuers.begin() + static_cast<std::ptrdiff_t>(at);
    auto const same_iss = [&](issuer const& other) { return other.iss == one.iss; };
    auto const same_name = [&](issuer const& other) { return folded_name(other.name) == folded_name(one.name); };
    if (!one.iss.empty() && (one.iss == t.issuer || std::any_of(t.issuers.begin(), before, same_iss)))
        return r.complain_at(path + ".issuer", "is an issuer that is configured already");
    if (one.name.empty() || r.has_complaint_at(path + ".name")) return;
    if (folded_name(one.name) == "service")
        return r.complain_at(path + ".name", "is what service accounts begin with; another is wanted");
    if (std::any_of(t.issuers.begin(), before, same_name))
        r.complain_at(path + ".name", fmt::format("is {} like that of an earlier issuer; each is wanted only once", one.name));
}

// `session_ttl` 0 is the default that follows from `refresh_ttl`, and cannot contradict it.
void finish_tokens(reading& r, spot const& at, tokens& t)
{
    if (t.session_ttl.count() && t.session_ttl < t.refresh_ttl)
        r.complain_at(at.path + ".session_ttl", "is shorter than refresh_ttl, which could never be reached");
    if (t.refresh_ttl < t.access_ttl)
        r.complain_at(at.path + ".refresh_ttl", "is shorter than access_ttl; refreshing would never be possible");
    if (t.keys.keep_for < t.access_ttl + t.clock_skew)
        r.complain_at(at.path + ".keys.keep_for", "is shorter than access_ttl and clock_skew; good tokens would be refused");
    for (std::size_t i = 0; i < t.issuers.size(); ++i) refuse_namesakes(r, fmt::format("{}.issuers[{}]", at.path, i), t, i);
}

} // namespace

section<config::tokens> const& token_keys()
{
    using t = tokens;
    static section<t> const keys{
        {
            value("issuer", &t::issuer, text(), "The `iss` of what Yett signs; usually the address of the site."),
            values("audience", &t::audience, text(), emptiness::refused, "Its `aud`."),
            value("algorithm", &t::algorithm, signing_algorithm(), "What Yett signs with."),
            secret_text("secret", &t::secret, "The shared secret of HS256, at least 32 bytes."),
            file_version("secret", &t::secret),
            part("keys", &t::keys, signing_key_keys()),
            value("access_ttl", &t::access_ttl, duration<seconds>(seconds{10}, days{1}), "How long an access token is good."),
            value("refresh_ttl", &t::refresh_ttl, duration<seconds>(minutes{1}, days{3'650}),
                  "How long a session lasts without being used."),
            value("session_ttl", &t::session_ttl, session_length(),
                  "How long a session lasts, in use or not; its owner signs in again then."),
            value("refresh_transport", &t::refresh_transport,
                  one_of<transport>({{"cookie", transport::cookie}, {"body", transport::body}, {"both", transport::both}}),
                  "How refresh tokens travel."),
            value("access_transport", &t::access_transport,
                  one_of<transport>({{"auto", transport::automatic},
                                     {"header", transport::header},
                                     {"cookie", transport::cookie},
                                     {"both", transport::both}}),
                  "How access tokens travel. A browser that signed in on a page brings nothing but cookies, so auto is both "
                  "where `accounts.pages.enabled` and refresh tokens travel by cookie, and header elsewhere."),
            value("refresh_grace", &t::refresh_grace, duration<seconds>(seconds{0}, minutes{5}),
                  "A refresh token that was used already gives the same successor for so long, to clients that lost the answer."),
            value("clock_skew", &t::clock_skew, duration<seconds>(seconds{0}, minutes{5}),
                  "How far the clocks of issuers may be off."),
            value("most_bytes", &t::most_bytes, size(1 << 10, 48 << 10),
                  "The longest access token; `client_limits.header_bytes` bounds it, too."),
            part("cache", &t::cache, cache_keys()),
            parts("issuers", &t::issuers, issuer_keys(), "Others whose tokens are accepted."),
        },
        finish_tokens,
    };
    return keys;
}

} // namespace yett::config
