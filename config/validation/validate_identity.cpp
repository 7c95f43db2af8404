#include "config/validation/validate_identity.hpp"

#include "config/reading/reading.hpp"
#include "config/values/address.hpp"
#include "gateway/base/ip_prefix_text.hpp"
#include "policies/access.hpp"

#include <fmt/format.h>

#include <algorithm>

// Who is asking, across sections. A setting that has no effect is an error here and not a warning:
// whoever writes `forward_credentials` for a public route believes that the application is told who
// is asking, and it is not.

namespace yett::config {
namespace {

using policies::access_spec;

// Two name spaces become one. With registration closed an operator can keep them apart by hand;
// with registration open anybody could make an account whose id another issuer has as a subject.
void check_bare_subjects(reading& r, settings const& all)
{
    for (std::size_t i = 0; i < all.tokens.issuers.size(); ++i) {
        if (!all.tokens.issuers[i].bare_subjects) continue;
        auto const path = fmt::format("tokens.issuers[{}].bare_subjects", i);
        if (all.accounts.registration != registration::closed)
            r.complain_at(path, "needs accounts.registration: closed; whoever registers could become one of its subjects");
        else
            r.complain_at(path,
                          "lets this issuer speak for every user here: a subject of its that is a local user's id is that user",
                          severity::warning);
    }
}

// Rules believe what registration does not prove.
void check_unproved_emails(reading& r, settings const& all)
{
    if (all.accounts.require_verified_email || all.accounts.registration != registration::open) return;
    for (std::size_t i = 0; i < all.routes.size(); ++i)
        if (all.routes[i].access.names(access_spec::kind::emails))
            r.complain_at(
                fmt::format("routes[{}].access", i),
                "asks for addresses that nobody proves: accounts.require_verified_email is false and anybody may register",
                severity::warning);
}

std::vector<ip_prefix> networks_in(access_spec const& access)
{
    auto all = access.networks;
    for (auto const& part : access.parts) {
        auto const more = networks_in(part);
        all.insert(all.end(), more.begin(), more.end());
    }
    return all;
}

bool is_within(ip_prefix const& inner, std::vector<ip_prefix> const& ranges)
{
    return std::ranges::any_of(
        ranges, [&](ip_prefix const& each) { return each.length <= inner.length && each.contains(inner.network); });
}

// An address says who a client is only where it is the client's. Behind a proxy that nobody listed every
// client has the proxy's, and who has that of a listed one is taken at its word about the client.
void check_networks(reading& r, settings const& all)
{
    auto const local = std::ranges::all_of(all.listeners, [](listener const& l) { return is_loopback(l.address); });
    for (std::size_t i = 0; i < all.routes.size(); ++i) {
        auto const path = fmt::format("routes[{}].access", i);
        auto const networks = networks_in(all.routes[i].access);
        if (!networks.empty() && local && all.trusted_proxies.empty())
            r.complain_at(path,
                          "asks for networks, and every client would be a proxy: listeners are for this machine alone, and "
                          "trusted_proxies, which could name the clients behind one, is empty",
                          severity::warning);
        for (auto const& each : networks)
            if (is_within(each, all.trusted_proxies))
                r.complain_at(path,
                              fmt::format("asks for {}, where every client would be a proxy: it lies within trusted_proxies, "
                                          "which are believed about who the client is",
                                          to_string(each)),
                              severity::warning);
    }
}

// Nobody shows what nobody is asked for.
void check_certificates(reading& r, settings const& all)
{
    auto const asks = [](listener const& l) { return l.tls && l.tls->client_certificates != client_certificates::none; };
    if (std::ranges::any_of(all.listeners, asks)) return;
    constexpr auto never_known = "of a certificate, and no listener has tls with client_certificates: optional or required";
    for (std::size_t i = 0; i < all.routes.size(); ++i)
        if (all.routes[i].access.names(access_spec::kind::certificates))
            r.complain_at(fmt::format("routes[{}].access", i), fmt::format("asks for names {}", never_known), severity::warning);
    for (auto const& [header, claim] : all.identity_headers.set)
        if (claim.starts_with("cert_"))
            r.complain_at("identity_headers.set." + header, fmt::format("tells {}", never_known), severity::warning);
}

void check_credentials(reading& r, settings const& all, std::size_t i)
{
    auto const& route = all.routes[i];
    auto const path = fmt::format("routes[{}]", i);
    auto const open = policies::access{route.access}.credentials() == policies::credential_use::ignored;
    auto const looked_at_by_none = fmt::format("has no effect with access: {}, which looks at no credential",
                                               route.access.is == access_spec::kind::public_ ? "public" : "networks");
    if (route.forward_credentials && open) r.complain_at(path + ".forward_credentials", looked_at_by_none);
    if (!route.access_header.empty() && open) r.complain_at(path + ".access_header", looked_at_by_none);
    if (route.challenge == policies::challenge::basic && open) r.complain_at(path + ".challenge", looked_at_by_none);
    if (route.websocket && route.websocket->token_by_protocol && open)
        r.complain_at(path + ".websocket.token_by_protocol", looked_at_by_none);
    if (route.forward_credentials && !route.access_header.empty())
        r.complain_at(path + ".forward_credentials",
                      "stands beside access_header, whose field is removed; one of them is wanted");
    if (all.tokens.access_transport != transport::cookie) return;
    constexpr auto by_cookie_alone = "has no effect with tokens.access_transport: cookie, which takes tokens from cookies alone";
    if (!route.access_header.empty()) r.complain_at(path + ".access_header", by_cookie_alone);
    if (route.forward_credentials) r.complain_at(path + ".forward_credentials", by_cookie_alone);
    if (route.websocket && route.websocket->token_by_protocol)
        r.complain_at(path + ".websocket.token_by_protocol", by_cookie_alone);
}

} // namespace

void validate_identity(reading& r, settings const& all)
{
    check_bare_subjects(r, all);
    check_unproved_emails(r, all);
    check_networks(r, all);
    check_certificates(r, all);
    for (std::size_t i = 0; i < all.routes.size(); ++i) check_credentials(r, all, i);
}

} // namespace yett::config
