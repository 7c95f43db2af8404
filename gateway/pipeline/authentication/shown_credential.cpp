#include "gateway/pipeline/authentication/shown_credential.hpp"

#include "gateway/http/fields/cookies.hpp"
#include "gateway/http/fields/websocket.hpp"
#include "gateway/pipeline/request/rival_cookies.hpp"
#include "gateway/pipeline/request/unusual_credential.hpp"

namespace yett::pipeline {
namespace {

bool asks_for_websocket(http::head const& head)
{
    auto const kind = http::websocket::is_asked_for(head);
    return kind && *kind == http::websocket::asked::websocket;
}

// What was found before the rule was known may not be all.
void look_further(http::head const& head, tokens::token_cache const& cache, request_context& context)
{
    auto& found = context.found;
    auto ways = context.facts().ways;
    ways.by_protocol = ways.by_protocol && asks_for_websocket(head);
    found.shown = unusual_credential_of(head, context.transport(), ways, found.decoded_key);
    found.token = found.shown ? cache.prefetch_index(found.shown->token) : tokens::token_lookup{};
}

// Where nobody looks at a credential nothing is chosen.
void choose_cookie(http::head const& head, tokens::token_cache& cache, bool lasting, request_context& context)
{
    auto& found = context.found;
    auto const now = context.asked.now;
    auto const ignored = found.route->credentials() == policies::credential_use::ignored;
    if (ignored && found.route->to() != policies::destination::accounts) return;
    auto const& ways = context.transport();
    auto& set_cookies = context.reported.set_cookies;
    auto const offered = http::values_of_cookies(head, ways.access_cookie, most_rivals);
    auto const chosen = choose_access(offered, cache, context);
    if (!chosen) found.shown = chosen.error();
    if (!chosen && chosen.error() == errc::rate_limited) return; // perhaps one of them is good
    delete_everywhere(set_cookies, ways, ways.access_cookie);
    if (!chosen) return;
    if (chosen->until) keep_cookie(set_cookies, ways, ways.access_cookie, chosen->text, *chosen->until - now, lasting);
    set_cookie_token(*found.shown, chosen->text);
    found.token = cache.prefetch_index(found.shown->token);
}

} // namespace

// What the cache knows of the token is on its way from memory while the rule is looked for.
void read_credential(http::head const& head, tokens::token_cache const& cache, request_context& context)
{
    auto& found = context.found;
    found.shown = credential_of(head, context.transport());
    if (found.shown) found.token = cache.prefetch_index(found.shown->token);
}

void read_credential_by_rule(http::head const& head, tokens::token_cache& cache, bool lasting, request_context& context)
{
    auto& found = context.found;
    if (context.facts().unusual_ways) [[unlikely]]
        look_further(head, cache, context);
    if (found.shown && found.shown->several) [[unlikely]]
        choose_cookie(head, cache, lasting, context);
    if (found.route->credentials() != policies::credential_use::ignored) cache.prefetch_record(found.token);
}

void set_bearer_aside(error const& why, tokens::token_cache const& cache, request_context& context)
{
    auto& found = context.found;
    found.set_aside = why;
    auto const cookie = found.shown->in_cookie;
    found.shown = credential{cookie.empty() ? credential::way::none : credential::way::cookie, cookie, {}};
    found.token = cache.prefetch_index(cookie);
}

} // namespace yett::pipeline
