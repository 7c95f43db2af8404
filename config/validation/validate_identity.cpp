#include "config/validation/validate_identity.hpp"

#include "config/reading/reading.hpp"

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

bool asks_for_emails(access_spec const& access)
{
    return access.is == access_spec::kind::emails || std::ranges::any_of(access.parts, asks_for_emails);
}

// Rules believe what registration does not prove.
void check_unproved_emails(reading& r, settings const& all)
{
    if (all.accounts.require_verified_email || all.accounts.registration != registration::open) return;
    for (std::size_t i = 0; i < all.routes.size(); ++i)
        if (asks_for_emails(all.routes[i].access))
            r.complain_at(
                fmt::format("routes[{}].access", i),
                "asks for addresses that nobody proves: accounts.require_verified_email is false and anybody may register",
                severity::warning);
}

bool is_public(policies::route_spec const& route)
{
    return route.access.is == access_spec::kind::public_;
}

void check_credentials(reading& r, settings const& all, std::size_t i)
{
    auto const& route = all.routes[i];
    auto const path = fmt::format("routes[{}]", i);
    constexpr auto looked_at_by_none = "has no effect with access: public, which looks at no credential";
    if (route.forward_credentials && is_public(route)) r.complain_at(path + ".forward_credentials", looked_at_by_none);
    if (!route.access_header.empty() && is_public(route)) r.complain_at(path + ".access_header", looked_at_by_none);
    if (route.challenge == policies::challenge::basic && is_public(route)) r.complain_at(path + ".challenge", looked_at_by_none);
    if (route.websocket && route.websocket->token_by_protocol && is_public(route))
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
    for (std::size_t i = 0; i < all.routes.size(); ++i) check_credentials(r, all, i);
}

} // namespace yett::config
