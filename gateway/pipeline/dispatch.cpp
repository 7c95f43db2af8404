#include "gateway/http/websocket_protocols.hpp"
#include "gateway/pipeline/open_streams.hpp"
#include "gateway/pipeline/page_endpoints.hpp"
#include "gateway/pipeline/passage.hpp"
#include "gateway/pipeline/pipeline.hpp"
#include "gateway/pipeline/same_origin.hpp"
#include "gateway/pipeline/world.hpp"
#include "gateway/tokens/assertions.hpp"
#include "policies/permit.hpp"

namespace yett::pipeline {
namespace {

// What pages of other sites are told of a reply; nothing where no rule speaks of them.
std::vector<http::field> cors_fields(http::exchange const& ex, passage const& seen)
{
    std::vector<http::field> fields;
    if (!seen.route) return fields;
    auto const* const cors = seen.world->facts[seen.route->index()].cors.get();
    if (!cors) return fields;
    if (seen.preflight) cors->append_to_preflight(ex.request(), fields);
    else cors->append_to_reply(ex.request(), fields);
    return fields;
}

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
std::vector<http::field> added_to_reply(http::exchange const& ex, passage const& seen)
{
    auto added = cors_fields(ex, seen);
    if (seen.set_cookies.empty()) return added;
    for (auto const& [name, value] : seen.set_cookies) added.push_back({name, value, http::known_named(name)});
    added.push_back({"Cache-Control", "no-store", http::known::other});
    return added;
}

upstream::client_facts facts_of(client const& c)
{
    return {.address = c.text, .trusted = c.behind_proxy, .https = c.https, .named = c.named, .hops = c.hops, .host = c.host};
}

// A rule that only reports ends nothing.
stream_terms terms_of(policies::permit const& permit, passage const& seen)
{
    stream_terms terms;
    terms.by_cookie = seen.by_cookie;
    auto const& access = permit.route().access();
    auto const enforced = permit.route().mode() == policies::enforcement::enforce;
    if (access.ages() && enforced && permit.who()) [[unlikely]]
        terms.until = access.granted_until(*permit.who(), seen.now);
    return terms;
}

// Where tokens may come as subprotocols, a page offers one besides that can be chosen. It is
// ours to choose as long as the application has no other.
upstream::websocket_passage websocket_for(http::head const& head, passage const& seen)
{
    auto const& wanted = *seen.world->facts[seen.route->index()].websocket;
    upstream::websocket_passage passage{wanted.idle_timeout, {}};
    if (!wanted.token_by_protocol) return passage;
    auto const offered = http::websocket::protocols_of(head);
    if (offered.bearer_offered && offered.others.empty()) passage.selects = http::websocket::bearer_protocol;
    return passage;
}

} // namespace

void pipeline::add_cors_fields(http::reply& r, http::exchange const& ex, passage const& seen)
{
    for (auto const& f : cors_fields(ex, seen)) r.fields.emplace_back(f.name, f.value);
}

task<result<void>> pipeline::dispatch(policies::permit const& permit, http::exchange& ex, passage& seen)
{
    return permit.route().to() == policies::destination::accounts ? answer_ourselves(permit, ex, seen)
                                                                  : forward(permit, ex, seen);
}

task<result<void>> pipeline::answer_ourselves(policies::permit const& permit, http::exchange& ex, passage& seen)
{
    auto const& facts = seen.world->facts[permit.route().index()];
    auto spend_now = [this, &ex, &seen] { return spend_for_account(ex, seen); };
    auth_endpoints::call call{ex, seen, spend_now};
    std::string_view const target = permit.route().target();
    result<http::reply> reply = errc::internal;
    if (station_.pages.answers(target, ex)) reply = co_await station_.pages.answer(target, call);
    else if (auto fine = refuse_other_sites(ex.request(), facts.cors.get()); !fine) reply = fine.error();
    else reply = co_await station_.endpoints.answer(target, call);
    if (!reply && reply.error() == errc::no_such_route) co_return nothing_here(permit, ex, seen);
    if (!reply) co_return reply.error();
    // First, because a browser keeps the last of those with one name.
    reply->fields.insert(reply->fields.begin(), seen.set_cookies.begin(), seen.set_cookies.end());
    add_cors_fields(*reply, ex, seen);
    co_return co_await http::send(ex, *reply);
}

// A path of ours that answers other methods says which (RFC 9110 section 15.5.6).
error pipeline::nothing_here(policies::permit const& permit, http::exchange const& ex, passage& seen) const
{
    auto const& where = ex.where();
    for (auto const& rule : seen.world->routes.routes()) {
        auto const is_ours = rule.to() == policies::destination::accounts && rule.target() != "nothing";
        if (!is_ours || &rule == &permit.route() || !station_.pages.offers(rule.target())) continue;
        if (rule.path().matches(where.path())) seen.allowed_methods |= rule.methods();
    }
    return seen.allowed_methods.empty() ? errc::no_such_route : errc::method_not_allowed;
}

// Null when nobody was named, or nobody wants to hear of it.
result<std::shared_ptr<std::string const>> pipeline::assertion_for(policies::permit const& permit, passage const& seen)
{
    auto const& audience = seen.world->facts[permit.route().index()].audience;
    if (!permit.who() || audience.empty()) return std::shared_ptr<std::string const>{};
    return station_.assertions.for_audience(audience, *permit.who(), seen.now);
}

task<result<void>> pipeline::forward(policies::permit const& permit, http::exchange& ex, passage& seen)
{
    auto const assertion = assertion_for(permit, seen);
    if (!assertion) co_return assertion.error();
    auto const added = added_to_reply(ex, seen);
    open_streams::entry stream{station_.streams, permit.who().get(), terms_of(permit, seen)};
    upstream::forward_context context{.headers = seen.world->headers,
                                      .client = facts_of(seen.from),
                                      .request_id = seen.request_id,
                                      .assertion = *assertion ? std::string_view{**assertion} : std::string_view{},
                                      .bearers = bearers_for(seen),
                                      .seen = seen.upstream,
                                      .added = added,
                                      .bare = seen.preflight,
                                      .speaks_of_origins = seen.world->facts[permit.route().index()].cors != nullptr,
                                      .ends = &stream.recall(),
                                      .counted_as = seen.from.address};
    if (auto const& fields = seen.world->facts[permit.route().index()].fields) context.rules = &*fields;
    if (seen.websocket) [[unlikely]]
        context.websocket = websocket_for(ex.request(), seen);
    co_return co_await forwarders_[permit.route().index()]->forward(permit, ex, context);
}

} // namespace yett::pipeline
