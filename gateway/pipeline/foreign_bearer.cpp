#include "gateway/http/cookies.hpp"
#include "gateway/http/websocket.hpp"
#include "gateway/pipeline/bearer_terms.hpp"
#include "gateway/pipeline/pipeline.hpp"
#include "gateway/pipeline/request_context.hpp"
#include "gateway/pipeline/session_cookies.hpp"
#include "gateway/pipeline/world.hpp"
#include "gateway/tokens/api_key.hpp"

namespace yett::pipeline {
namespace {

bool may_be_renewed(http::head const& head, auth_transport const& ways)
{
    return ways.refresh_in_cookie && http::find_cookies(head, ways.refresh_cookie).count > 0;
}

bool asks_for_websocket(http::head const& head)
{
    auto const kind = http::websocket::is_asked_for(head);
    return kind && *kind == http::websocket::asked::websocket;
}

} // namespace

upstream::bearer_terms bearer_terms_of(route_facts const& facts, std::function<bool(std::string_view)> const& is_ours)
{
    upstream::bearer_terms terms;
    terms.is_ours = &is_ours;
    terms.others_pass = facts.foreign_bearers;
    terms.access_header = facts.ways.access_header;
    return terms;
}

// Where a rule has ways of its own, what was found before it was known may not be all.
void pipeline::look_further(http::head const& head, request_context& context) const
{
    auto ways = context.facts().ways;
    ways.by_protocol = ways.by_protocol && asks_for_websocket(head);
    context.found.shown = unusual_credential_of(head, context.transport(), ways, context.found.decoded_key);
    context.found.token = context.found.shown ? station_.cache.expect(context.found.shown->token) : tokens::shown_token{};
}

// Beside cookies that may speak for the caller, a Bearer that is none of ours may belong to
// the application behind us.
bool pipeline::is_the_applications(http::head const& head, request_context const& context) const
{
    auto const& ways = context.transport();
    if (!ways.access_in_cookie || context.found.shown->by_protocol) return false;
    return (!context.found.shown->in_cookie.empty() || may_be_renewed(head, ways)) && !is_ours_(context.found.shown->token);
}

void pipeline::set_bearer_aside(error const& why, request_context& context) const
{
    context.found.set_aside = why;
    auto const cookie = context.found.shown->in_cookie;
    context.found.shown = credential{cookie.empty() ? credential::way::none : credential::way::cookie, cookie, {}};
    context.found.token = station_.cache.expect(cookie);
}

upstream::bearer_terms pipeline::bearers_for(request_context const& context) const
{
    auto const& facts = context.facts();
    auto terms = bearer_terms_of(facts, is_ours_);
    terms.others_pass = terms.others_pass || context.found.set_aside.has_value();
    auto const proved = facts.forward_credentials && context.found.who && context.found.shown &&
                        context.found.shown->by == credential::way::header;
    if (proved && !tokens::looks_like_api_key(context.found.shown->token)) terms.proved = context.found.shown->token;
    return terms;
}

} // namespace yett::pipeline
