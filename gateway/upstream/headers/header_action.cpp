#include "gateway/upstream/headers/header_action.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/fields/header_fold.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

// Names are looked up by a bucket, the first letter or the one behind "x-", and compared in their folded spelling:
// servers read '_' and '.' as '-' and know no case. The table is sorted by bucket when the program is built; most
// buckets hold no name or two, and a name that nobody knows costs a look at one character.
//
// A name that stands here is one that some server, platform or proxy believes when it comes from
// the inside. `hearsay` tells of the client, `claims_identity` of who is asking, `rewrites` of
// another request, `steers` gives orders; what is `trusted` passes from listed proxies alone. The
// list can only grow: a name that is missing is an identity that anybody can claim.

namespace yett::upstream {

using http::known;
using telemetry::dropped_field;

namespace {

constexpr field_verdict passes{header_action::pass, dropped_field::count_};
constexpr field_verdict of_this_hop{header_action::remove, dropped_field::count_};
constexpr field_verdict rewrites{header_action::remove, dropped_field::rewriting};
constexpr field_verdict steers{header_action::remove, dropped_field::internal};
constexpr field_verdict hearsay{header_action::trusted, dropped_field::forwarding};
constexpr field_verdict claims_identity{header_action::trusted, dropped_field::identity};
constexpr field_verdict may_carry_token{header_action::special, dropped_field::count_};
constexpr field_verdict of_the_platform{header_action::trusted, dropped_field::internal};

struct name_rule
{
    std::string_view name; // in lower case; with '-' at its end a family, or by `is_family`
    field_verdict verdict;
    bool is_family = false;
};

constexpr bool family = true;

// Sorted by the letter that `bucket_of` looks at.
constexpr std::array rules{
    // --- without x-
    name_rule{"cf-access-", claims_identity, family},
    name_rule{"cf-connecting-", hearsay, family},
    name_rule{"cf-ipcountry", hearsay},
    name_rule{"cf-pseudo-ipv4", hearsay},
    name_rule{"cf-visitor", hearsay},
    name_rule{"client-cert", claims_identity, family}, // RFC 9440
    name_rule{"client-ip", hearsay},
    name_rule{"cluster-client-ip", hearsay},
    name_rule{"do-connecting-ip", hearsay},
    name_rule{"fastly-client-ip", hearsay},
    name_rule{"fastly-ssl", hearsay},
    name_rule{"fly-client-ip", hearsay},
    name_rule{"front-end-https", hearsay},
    name_rule{"http2-settings", of_this_hop},
    name_rule{"proxy-", of_this_hop, family},
    name_rule{"remote-addr", hearsay},
    name_rule{"sec-websocket-protocol", may_carry_token},
    name_rule{"ssl-client-", claims_identity, family},
    name_rule{"tailscale-user-", claims_identity, family},
    name_rule{"true-client-ip", hearsay},
    name_rule{"wl-proxy-", hearsay, family},
    // --- with x-
    name_rule{"x-accel-", of_the_platform, family},
    name_rule{"x-access-token", may_carry_token},
    name_rule{"x-amzn-mtls-", claims_identity, family},
    name_rule{"x-amzn-oidc-", claims_identity, family},
    name_rule{"x-apigateway-api-userinfo", claims_identity},
    name_rule{"x-appengine-", of_the_platform, family},
    name_rule{"x-arr-clientcert", claims_identity},
    name_rule{"x-arr-ssl", hearsay},
    name_rule{"x-auth-token", may_carry_token},
    name_rule{"x-authenticated-", claims_identity, family},
    name_rule{"x-authentik-", claims_identity, family},
    name_rule{"x-authorization", may_carry_token},
    name_rule{"x-azure-clientip", hearsay},
    name_rule{"x-azure-socketip", hearsay},
    name_rule{"x-client-cert", claims_identity, family},
    name_rule{"x-client-dn", claims_identity},
    name_rule{"x-client-ip", hearsay},
    name_rule{"x-client-ssl-", claims_identity, family},
    name_rule{"x-client-verify", claims_identity},
    name_rule{"x-cluster-client-ip", hearsay},
    name_rule{"x-consumer-custom-id", claims_identity},
    name_rule{"x-consumer-groups", claims_identity},
    name_rule{"x-consumer-id", claims_identity},
    name_rule{"x-consumer-username", claims_identity},
    name_rule{"x-credential-identifier", claims_identity},
    name_rule{"x-endpoint-api-userinfo", claims_identity},
    name_rule{"x-envoy-", of_the_platform, family},
    name_rule{"x-forwarded-client-cert", claims_identity},
    name_rule{"x-forwarded-tls-client-cert", claims_identity, family},
    name_rule{"x-forwarded", hearsay},
    name_rule{"x-forwarded-", hearsay, family},
    name_rule{"x-goog-authenticated-user-", claims_identity, family},
    name_rule{"x-goog-iap-", claims_identity, family},
    name_rule{"x-host", hearsay},
    name_rule{"x-http-host-override", rewrites},
    name_rule{"x-http-method", rewrites},
    name_rule{"x-http-method-override", rewrites},
    name_rule{"x-https", hearsay},
    name_rule{"x-invoke-", steers, family},
    name_rule{"x-jwt-claim", claims_identity, family},
    name_rule{"x-jwt-payload", claims_identity},
    name_rule{"x-lighttpd-send-file", of_the_platform},
    name_rule{"x-matched-path", steers},
    name_rule{"x-method-override", rewrites},
    name_rule{"x-middleware-", steers, family},
    name_rule{"x-ms-client-principal", claims_identity, family},
    name_rule{"x-nf-client-connection-ip", hearsay},
    name_rule{"x-now-route-matches", steers},
    name_rule{"x-original-", rewrites, family},
    name_rule{"x-pomerium-", claims_identity, family},
    name_rule{"x-proxyuser-ip", hearsay},
    name_rule{"x-remote-", claims_identity, family},
    name_rule{"x-rewrite-", rewrites, family},
    name_rule{"x-scheme", hearsay},
    name_rule{"x-sendfile", of_the_platform, family},
    name_rule{"x-ssl", hearsay},
    name_rule{"x-ssl-", claims_identity, family},
    name_rule{"x-tls-client-", claims_identity, family},
    name_rule{"x-url-scheme", hearsay},
    name_rule{"x-userinfo", claims_identity},
    name_rule{"x-vercel-", of_the_platform, family},
    name_rule{"x-vouch-", claims_identity, family},
    name_rule{"x-webauth-", claims_identity, family},
};

constexpr std::size_t letters = 26;
constexpr std::size_t no_bucket = 2 * letters;

// By the first letter, or by the one behind "x-".
constexpr std::size_t bucket_of(std::string_view name) noexcept
{
    auto const lower = [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c); };
    auto const first = lower(name.front());
    auto const behind_x = first == 'x' && name.size() > 2 && (name[1] == '-' || name[1] == '_' || name[1] == '.');
    auto const letter = behind_x ? lower(name[2]) : first;
    if (letter < 'a' || letter > 'z') return no_bucket;
    return static_cast<std::size_t>(letter - 'a') + (behind_x ? letters : 0);
}

// Where the rules of each bucket begin; they end where the next ones begin.
constexpr auto bucket_begins = [] {
    std::array<std::uint8_t, no_bucket + 2> begins{};
    for (std::size_t bucket = 0; bucket <= no_bucket; ++bucket) {
        std::size_t at = 0;
        while (at < rules.size() && bucket_of(rules[at].name) < bucket) ++at;
        begins[bucket] = static_cast<std::uint8_t>(at);
    }
    begins[no_bucket + 1] = static_cast<std::uint8_t>(rules.size());
    return begins;
}();

constexpr bool are_sorted() noexcept
{
    for (std::size_t i = 1; i < rules.size(); ++i)
        if (bucket_of(rules[i - 1].name) > bucket_of(rules[i].name)) return false;
    return true;
}
static_assert(are_sorted() && rules.size() < 256);

bool speaks_of(name_rule const& rule, std::string_view name) noexcept
{
    if (!rule.is_family) return http::folds_equal(name, rule.name);
    return name.size() >= rule.name.size() && http::folds_equal(name.substr(0, rule.name.size()), rule.name);
}

// What servers in front of applications take for an order: to send a file, or to ask elsewhere.
constexpr std::array steering{name_rule{"x-accel-", steers, family}, name_rule{"x-lighttpd-send-", steers, family},
                              name_rule{"x-litespeed-location", steers}, name_rule{"x-reproxy-", steers, family},
                              name_rule{"x-sendfile", steers, family}};

} // namespace

field_verdict verdict_on(known id) noexcept
{
    switch (id) {
    case known::connection:
    case known::content_length:
    case known::expect:
    case known::host:
    case known::keep_alive:
    case known::proxy:
    case known::proxy_authenticate:
    case known::proxy_authorization:
    case known::proxy_connection:
    case known::te:
    case known::trailer:
    case known::transfer_encoding:
    case known::upgrade: return of_this_hop;
    case known::forwarded:
    case known::via:
    case known::x_forwarded_for:
    case known::x_forwarded_host:
    case known::x_forwarded_port:
    case known::x_forwarded_proto:
    case known::x_real_ip: return {header_action::continued, dropped_field::forwarding};
    case known::traceparent:
    case known::tracestate:
    case known::x_request_id: return {header_action::continued, dropped_field::tracing};
    case known::authorization:
    case known::x_api_key:
    case known::cookie: return {header_action::special, dropped_field::count_};
    default: return passes;
    }
}

field_verdict verdict_on(std::string_view name) noexcept
{
    auto const bucket = bucket_of(name);
    for (auto i = bucket_begins[bucket]; i < bucket_begins[bucket + 1]; ++i)
        if (speaks_of(rules[i], name)) return rules[i].verdict;
    return passes;
}

bool steers_server(std::string_view name) noexcept
{
    if (bucket_of(name) < letters) return false;
    return std::any_of(steering.begin(), steering.end(), [&](name_rule const& rule) { return speaks_of(rule, name); });
}

} // namespace yett::upstream
