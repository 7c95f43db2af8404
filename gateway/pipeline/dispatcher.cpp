#include "gateway/pipeline/dispatcher.hpp"

#include "gateway/base/async/ready.hpp"
#include "gateway/http/ascii.hpp"
#include "gateway/http/fields/websocket_protocols.hpp"
#include "gateway/pipeline/authentication/own_token.hpp"
#include "gateway/pipeline/bearer_terms.hpp"
#include "gateway/pipeline/call/call.hpp"
#include "gateway/pipeline/call/endpoint.hpp"
#include "gateway/pipeline/cors_fields.hpp"
#include "gateway/pipeline/endpoints/auth_endpoints.hpp"
#include "gateway/pipeline/endpoints/page_endpoints.hpp"
#include "gateway/pipeline/one_rule.hpp"
#include "gateway/pipeline/open_streams.hpp"
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

// A reply that any cache may keep by its status is for whoever may have it.
void keep_from_caches(http::reply& reply)
{
    std::erase_if(reply.fields, [](auto const& f) { return http::ascii::equal_ignoring_case(f.first, "Cache-Control"); });
    reply.fields.emplace_back("Cache-Control", "no-store");
}

void add_session_cookies(http::reply& reply, request_context const& context)
{
    auto const& cookies = context.reported.set_cookies;
    if (cookies.empty()) return;
    reply.fields.insert(reply.fields.end(), cookies.begin(), cookies.end());
    keep_from_caches(reply);
}

http::reply reply_by(policies::respond_spec const& spec)
{
    http::reply reply;
    reply.status = spec.status;
    reply.body = spec.body;
    if (reply.body.empty()) return reply;
    reply.fields.emplace_back("Content-Type", spec.type.empty() ? "text/plain; charset=utf-8" : spec.type);
    reply.fields.emplace_back("X-Content-Type-Options", "nosniff");
    return reply;
}

bool is_for_everybody(policies::route const& rule)
{
    using kind = policies::access_spec::kind;
    auto const is = rule.spec().access.is;
    return is == kind::public_ || is == kind::optional;
}

// What a rule answers itself.
http::reply reply_of(policies::route const& rule, rule_changes const& changes, http::target const& asked)
{
    auto const& spec = rule.spec();
    http::reply reply;
    if (spec.respond) reply = reply_by(*spec.respond);
    else reply.status = spec.redirect->status;
    if (changes.redirect) reply.fields.emplace_back("Location", changes.redirect->address_for(asked));
    if (!is_for_everybody(rule)) keep_from_caches(reply);
    return reply;
}

upstream::client_facts facts_of(client const& c)
{
    return {.address = c.text, .trusted = c.behind_proxy, .https = c.https, .named = c.named, .hops = c.hops, .host = c.host};
}

// A rule that only reports ends nothing.
stream_terms terms_of(policies::permit const& permit, http::exchange const& ex, request_context const& context)
{
    stream_terms terms;
    terms.by_cookie = context.found.by_cookie;
    auto const& access = permit.route().access();
    auto const enforced = permit.route().mode() == policies::enforcement::enforce;
    if (!access.ages() || !enforced || !(permit.who() || permit.certificate())) [[likely]]
        return terms;
    auto const asked = question_about(ex.request().method_name(), ex.where(), context.asked.from);
    terms.until = access.granted_until(permit.who().get(), asked, context.asked.now);
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
    using policies::destination;
    switch (permit.route().to()) {
    case destination::accounts: return answer_ourselves(std::move(permit), ex, context);
    case destination::redirect:
    case destination::respond: return answer_by_rule(std::move(permit), ex, context);
    case destination::upstream: break;
    }
    return forward(std::move(permit), ex, context);
}

// Cookies of a session that was renewed and what pages of other sites may do are our word, whatever the rule sets.
task<result<void>> dispatcher::answer_by_rule(policies::permit permit, http::exchange& ex, request_context& context)
{
    auto const& changes = context.facts().changes;
    auto reply = reply_of(permit.route(), changes, ex.where());
    if (auto const* const of_reply = changes.of_reply()) of_reply->apply_to(reply);
    add_session_cookies(reply, context);
    add_cors_fields(reply, ex, context);
    co_return co_await http::send(ex, reply);
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

// What the application is asked for instead of what was decided on.
result<void> dispatcher::rewrite_path(rewriting::path_rewrite const& by, http::exchange const& ex, request_context& context)
{
    auto rewritten = by.of(ex.where());
    if (!rewritten) {
        auto const& name = context.found.route->name();
        return our_error(rewritten.error().code(), "rule " + name + ": " + rewritten.error().note());
    }
    context.found.rewritten = std::move(*rewritten);
    return {};
}

task<result<void>> dispatcher::forward(policies::permit permit, http::exchange& ex, request_context& context)
{
    if (auto const& by = context.facts().changes.path) [[unlikely]]
        if (auto made = rewrite_path(*by, ex, context); !made) return ready(std::move(made));
    return pass_on(std::move(permit), ex, context);
}

task<result<void>> dispatcher::pass_on(policies::permit permit, http::exchange& ex, request_context& context)
{
    auto const assertion = assertion_for(permit, context);
    if (!assertion) co_return assertion.error();
    auto const added = added_to_reply(ex, context);
    open_streams::entry stream{dependencies_.streams, permit.who().get(), terms_of(permit, ex, context)};
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
    hop.changes = &context.facts().changes;
    if (context.found.rewritten) [[unlikely]]
        hop.where = &context.found.rewritten->where();
    if (context.asked.websocket) [[unlikely]]
        hop.websocket = websocket_for(ex.request(), context);
    co_return co_await context.snapshot->forwarders[permit.route().index()]->forward(permit, ex, hop);
}

} // namespace yett::pipeline
