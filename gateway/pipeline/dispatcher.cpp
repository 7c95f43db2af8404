#include "gateway/pipeline/dispatcher.hpp"

#include "gateway/http/fields/websocket_protocols.hpp"
#include "gateway/pipeline/bearer_terms.hpp"
#include "gateway/pipeline/call/call.hpp"
#include "gateway/pipeline/call/endpoint.hpp"
#include "gateway/pipeline/cors_fields.hpp"
#include "gateway/pipeline/endpoints/auth_endpoints.hpp"
#include "gateway/pipeline/endpoints/page_endpoints.hpp"
#include "gateway/pipeline/open_streams.hpp"
#include "gateway/pipeline/request/own_token.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/request/same_origin.hpp"
#include "gateway/pipeline/request_limits.hpp"
#include "gateway/tokens/assertions.hpp"
#include "gateway/tokens/opaque/api_key.hpp"
#include "policies/permit.hpp"

namespace yett::pipeline {
namespace {

// What any page can have its visitors' browsers send is refused before it looks at anything, and
// counts nowhere: else a page could spend what a visitor has left at his limits. Forms of our own
// pages say so at the form.
result<void> refuse_other_sites(http::head const& head, cors_rule const* cors)
{
    if (http::is_safe(head.method()) || !is_sent_by_other_site(head)) return {};
    return cors ? cors->admit(head)
                : client_error(errc::csrf_rejected, "a page of another site sent this, and accounts.cors lists none");
}

// A reply that brings a session must not be kept by any cache on its way, whatever the
// application says of it.
std::vector<http::field> added_to_reply(http::exchange const& ex, request_context const& context)
{
    auto added = cors_fields(ex, context);
    if (context.reported.set_cookies.empty()) return added;
    for (auto const& [name, value] : context.reported.set_cookies) added.push_back({name, value, http::known_named(name)});
    added.push_back({"Cache-Control", "no-store", http::known::other});
    return added;
}

upstream::client_facts facts_of(client const& c)
{
    return {.address = c.text, .trusted = c.behind_proxy, .https = c.https, .named = c.named, .hops = c.hops, .host = c.host};
}

// A rule that only reports ends nothing.
stream_terms terms_of(policies::permit const& permit, request_context const& context)
{
    stream_terms terms;
    terms.by_cookie = context.found.by_cookie;
    auto const& access = permit.route().access();
    auto const enforced = permit.route().mode() == policies::enforcement::enforce;
    if (!access.ages() || !enforced || !permit.who()) [[likely]]
        return terms;
    policies::question asked;
    asked.client = context.asked.from.address;
    terms.until = access.granted_until(*permit.who(), asked, context.asked.now);
    return terms;
}

// Where tokens may come as subprotocols, a page offers one besides that can be chosen. It is
// ours to choose as long as the application has no other.
upstream::websocket_passage websocket_for(http::head const& head, request_context const& context)
{
    auto const& wanted = *context.facts().websocket;
    upstream::websocket_passage handshake{wanted.idle_timeout, {}};
    if (!wanted.token_by_protocol) return handshake;
    auto const offered = http::websocket::protocols_of(head);
    if (offered.bearer_offered && offered.others.empty()) handshake.selects = http::websocket::bearer_protocol;
    return handshake;
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

dispatcher::dispatcher(dependencies d)
    : dependencies_{d},
      is_ours_{[&cache = d.cache](std::string_view token) { return is_own_token(token, cache.judge()); }}
{
}

task<result<void>> dispatcher::dispatch(policies::permit permit, http::exchange& ex, request_context& context)
{
    return permit.route().to() == policies::destination::accounts ? answer_ourselves(std::move(permit), ex, context)
                                                                  : forward(std::move(permit), ex, context);
}

task<result<void>> dispatcher::answer_ourselves(policies::permit permit, http::exchange& ex, request_context& context)
{
    auto const& facts = context.facts();
    auto const& row = *facts.endpoint;
    auto spend_now = [this, &ex, &context] { return dependencies_.limits.spend_for_account(ex, context); };
    call asked{row, dependencies_.endpoints.services(), ex, context, facts.friends, spend_now};
    result<http::reply> reply = errc::internal;
    if (is_answered_by_page(row, ex, context.pages())) reply = co_await answer_by_page(asked);
    else if (auto fine = refuse_other_sites(ex.request(), facts.cors.get()); !fine) reply = fine.error();
    else reply = co_await row.answer(asked);
    if (!reply && reply.error() == errc::no_such_route) co_return nothing_here(permit, ex, context);
    if (!reply) co_return reply.error();
    // First, because a browser keeps the last of those with one name.
    reply->fields.insert(reply->fields.begin(), context.reported.set_cookies.begin(), context.reported.set_cookies.end());
    add_cors_fields(*reply, ex, context);
    co_return co_await http::send(ex, *reply);
}

// A path of ours that answers other methods says which (RFC 9110 section 15.5.6).
error dispatcher::nothing_here(policies::permit const& permit, http::exchange const& ex, request_context& context)
{
    auto const& where = ex.where();
    auto const& snapshot = *context.snapshot->shared;
    for (auto const& rule : snapshot.routes.routes()) {
        auto const* const row = snapshot.facts[rule.index()].endpoint;
        if (!row || row->takes_what_is_left() || &rule == &permit.route() || !is_offered(*row, context.pages())) continue;
        if (rule.path().matches(where.path())) context.reported.allowed_methods |= rule.methods();
    }
    return context.reported.allowed_methods.empty() ? errc::no_such_route : errc::method_not_allowed;
}

// Null when nobody was named, or nobody wants to hear of it.
result<std::shared_ptr<std::string const>> dispatcher::assertion_for(policies::permit const& permit,
                                                                     request_context const& context)
{
    auto const& audience = context.facts().audience;
    if (!permit.who() || audience.empty()) return std::shared_ptr<std::string const>{};
    return dependencies_.assertions.for_audience(audience, *permit.who(), context.asked.now);
}

upstream::bearer_terms dispatcher::bearers_for(request_context const& context) const
{
    auto const& facts = context.facts();
    auto const& found = context.found;
    auto terms = bearer_terms_of(facts, is_ours_);
    terms.others_pass = terms.others_pass || found.set_aside.has_value();
    auto const proved = facts.forward_credentials && found.who && found.shown && found.shown->by == credential::way::header;
    if (proved && !tokens::looks_like_api_key(found.shown->token)) terms.proved = found.shown->token;
    return terms;
}

task<result<void>> dispatcher::forward(policies::permit permit, http::exchange& ex, request_context& context)
{
    auto const assertion = assertion_for(permit, context);
    if (!assertion) co_return assertion.error();
    auto const added = added_to_reply(ex, context);
    open_streams::entry stream{dependencies_.streams, permit.who().get(), terms_of(permit, context)};
    upstream::forward_context hop{.headers = context.snapshot->shared->headers,
                                  .client = facts_of(context.asked.from),
                                  .request_id = context.asked.request_id,
                                  .assertion = *assertion ? std::string_view{**assertion} : std::string_view{},
                                  .bearers = bearers_for(context),
                                  .seen = context.reported.upstream,
                                  .added = added,
                                  .bare = context.asked.preflight,
                                  .speaks_of_origins = context.facts().cors != nullptr,
                                  .ends = &stream.cancel_handle(),
                                  .counted_as = context.asked.from.address};
    if (auto const& fields = context.facts().fields) hop.rules = &*fields;
    if (context.asked.websocket) [[unlikely]]
        hop.websocket = websocket_for(ex.request(), context);
    co_return co_await context.snapshot->forwarders[permit.route().index()]->forward(permit, ex, hop);
}

} // namespace yett::pipeline
