#include "config/tables/table.hpp"

// The root of the format: every section in the order of the reference. The tables beside this one
// hold one subject each; a key is declared once, with how it is read, shown, checked and explained,
// and `docs/configuration.md` is made of the same declaration.

namespace yett::config {
namespace {

// Whoever signs in on a page gets to the application with cookies or not at all.
void finish_settings(reading&, spot const&, settings& all)
{
    auto& way = all.tokens.access_transport;
    if (way != transport::automatic) return;
    auto const for_browsers = all.accounts.pages.enabled && all.tokens.refresh_transport != transport::body;
    way = for_browsers ? transport::both : transport::header;
}

} // namespace

section<settings> const& root_keys()
{
    using s = settings;
    static section<s> const keys{
        {
            required(value("version", &s::version, count<unsigned>(1, 1), "Of this format.")),
            value("workers", &s::workers, count_or_auto(1'024), "Threads that serve; auto is one per core."),
            parts("listeners", &s::listeners, listener_keys(),
                  "Where clients connect; plain HTTP on 127.0.0.1:4080 when not given."),
            part("management", &s::management, management_keys()),
            values("trusted_proxies", &s::trusted_proxies, range(), emptiness::allowed,
                   "Whose X-Forwarded-For, -Proto, -Host and -Port, PROXY headers and request ids are "
                   "believed; other X-Forwarded-* of theirs are passed on. They have to keep `Host`, by which rules match."),
            value("trusted_proxies_send", &s::trusted_proxies_send,
                  one_of<forwarding_family>(
                      {{"x-forwarded", forwarding_family::x_forwarded}, {"forwarded", forwarding_family::forwarded}}),
                  "Which headers of theirs are believed: `x-forwarded` is X-Forwarded-*, `forwarded` is Forwarded (RFC 7239). "
                  "Those of the other family are whatever a client sent, and removed; applications get both, written anew from "
                  "one result."),
            part("client_limits", &s::client_limits, client_limit_keys()),
            required(named_parts("upstreams", &s::upstreams, upstream_keys(), "The applications.")),
            required(
                parts("routes", &s::routes, route_keys(),
                      "The rules. The first that matches decides; where none does the answer is 404 and nothing is forwarded.")),
            named_parts(
                "limits", &s::limits, limit_keys(),
                "Limits that routes name; naming one of those that exist changes it. Per client, window 5/15m: login, refresh, "
                "verify and reset of failures (and letters asked for), register of requests. Per account: login_account, "
                "backoff 10/15m of failures by strangers; password_account, the same of passwords typed in a session; login_device, window 5/15m of failures of each known device; "
                "reset_account, resend_account, register_account and change_address_account, window 5/1h of letters, beyond which the answer is "
                "the same and no letter goes. On every route and named by none: verifications, gcra 20/s with a burst of 100, per client, of "
                "what is checked for strangers in vain: signatures, API keys that nobody knows, keys that an issuer is asked for."),
            identity_headers_key(),
            part("tokens", &s::tokens, token_keys()),
            part("accounts", &s::accounts, account_keys()),
            part("passwords", &s::passwords, password_keys()),
            storage_key(),
            sessions_key(),
            shared_state_key(),
            mail_key(),
            logging_key(),
            tracing_key(),
        },
        finish_settings,
    };
    return keys;
}

} // namespace yett::config
