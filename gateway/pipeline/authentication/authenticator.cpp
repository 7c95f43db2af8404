#include "gateway/pipeline/authentication/authenticator.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/pipeline/authentication/missing_keys.hpp"
#include "gateway/pipeline/authentication/recognition.hpp"
#include "gateway/pipeline/authentication/renewals.hpp"
#include "gateway/pipeline/authentication/shown_credential.hpp"
#include "gateway/pipeline/request/paid_checks.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/request/rival_cookies.hpp"
#include "gateway/pipeline/request/same_origin.hpp"
#include "gateway/tokens/opaque/api_key.hpp"
#include "gateway/tokens/revocations.hpp"

#include <algorithm>
#include <iterator>

// Waiting is told apart from its outcome by the type. An API key that only the store can tell and a session
// that only a renewal can save are neither nobody nor refused until somebody has asked; see `finish`, which
// does not compile when one of them is forgotten.

namespace yett::pipeline {
namespace {

// Browsers show a certificate for whatever page asks them to, as they send cookies. Programs show one, too, and say
// nothing of pages.
result<void> refuse_foreign_page(http::head const& head, request_context const& context)
{
    auto const& facts = context.facts();
    auto const https = context.asked.from.https;
    if (context.asked.websocket && head.find(http::known::origin))
        return require_websocket_origin(head, https, {facts.websocket_origins, facts.friends}, true);
    if (context.asked.websocket || !needs_same_origin(head)) return {};
    return refuse_foreign_origin(head, https, facts.friends);
}

} // namespace

void authenticator::read(http::head const& head, request_context& context) const
{
    read_credential(head, dependencies_.cache, context);
}

void authenticator::read_by_rule(http::head const& head, request_context& context)
{
    auto const lasting = dependencies_.services.rules.remember == accounts::memory::always;
    read_credential_by_rule(head, dependencies_.cache, lasting, context);
}

task<authentication::settled> authenticator::finish(authentication::pending&& first, http::exchange const& ex,
                                                    request_context& context)
{
    struct by
    {
        authenticator& self;
        http::exchange const& ex;
        request_context& context;
        task<authentication::settled> operator()(authentication::ask_store) const { return self.ask(context); }
        task<authentication::settled> operator()(authentication::await_key asked) const
        {
            return self.await(asked.paid, ex, context);
        }
        task<authentication::settled> operator()(authentication::renew&& asked) const
        {
            return self.renew_session(std::move(asked), ex, context);
        }
    };
    return std::visit(by{*this, ex, context}, std::move(first));
}

// What a store could not say was no credential's fault, and is not counted as one. Nobody pays for a key that the store
// vouched for before: strangers have none of those.
task<authentication::settled> authenticator::ask(request_context& context)
{
    paid_checks pays{context};
    if (!dependencies_.cache.forget(context.found.token))
        if (auto paid = pays.take_for_question(); !paid) co_return refuse(paid.error(), context, dependencies_.figures);
    auto who = co_await api_keys_.ask(context.found.token, context.asked.now);
    if (who || who.error().from() != origin::client) pays.give_back();
    if (!who && who.error().from() != origin::client) {
        authentication::refused failed{who.error()};
        co_return failed;
    }
    co_return recognise(std::move(who), context, dependencies_.figures);
}

task<authentication::settled> authenticator::await(limits::verification_payment paid, http::exchange const& ex,
                                                   request_context& context)
{
    paid_checks pays{context, paid};
    auto const until = dependencies_.missing_keys.wait_deadline();
    for (;;) {
        auto const came = co_await dependencies_.missing_keys.wait(until);
        auto found = judge_.look(ex, context, came ? credential_judge::key_wait::again : credential_judge::key_wait::over);
        if (awaits_key(found)) continue;
        if (context.found.who) pays.give_back();
        if (auto* done = std::get_if<authentication::settled>(&found)) co_return std::move(*done);
        auto next = std::move(std::get<authentication::pending>(found));
        co_return co_await finish(std::move(next), ex, context);
    }
}

task<authentication::settled> authenticator::renew_session(authentication::renew asked, http::exchange const& ex,
                                                           request_context& context)
{
    using telemetry::renewal_outcome;
    auto& figures = dependencies_.figures.renewals;
    auto const needed = !asked.without || !*asked.without;
    paid_checks pays{context};
    if (asked.rivals) [[unlikely]] {
        if (auto paid = pays.take_for_question(); !paid) co_return refuse(paid.error(), context, dependencies_.figures);
        auto const chosen = co_await refresh_cookie_of(ex.request(), context.transport(), dependencies_.services, context);
        if (!chosen && chosen.error().from() != origin::client) {
            authentication::refused failed{chosen.error()};
            co_return failed;
        }
        if (!chosen) co_return recognise(chosen.error(), context, dependencies_.figures);
        asked.refresh_token = *chosen;
    }
    renewals::request wanted{
        asked.refresh_token, {context.asked.from.text, std::string{ex.request().value(http::known::user_agent)}}, needed, &pays};
    auto const done = co_await dependencies_.renewals.renew(std::move(wanted), context.asked.now);
    if (!done) co_return recognise(std::move(asked.without), context, dependencies_.figures);
    if (done->given || done->given.error().from() != origin::client) pays.give_back();
    // Nothing was asked, and the token may well be good.
    if (!done->given && done->given.error() == errc::rate_limited) {
        if (needed) co_return refuse(done->given.error(), context, dependencies_.figures);
        co_return recognise(std::move(asked.without), context, dependencies_.figures);
    }
    if (!done->shared) context.reported.refreshed = done->given ? refreshed_as(**done->given) : refreshed_as(done->given.error());
    if (!done->given) {
        auto const& why = done->given.error();
        figures[why.from() == origin::client ? renewal_outcome::refused : renewal_outcome::failed].add();
        // A token that is still good stays so without a successor.
        if (!needed) co_return recognise(std::move(asked.without), context, dependencies_.figures);
        if (why.from() == origin::client) co_return recognise(why, context, dependencies_.figures);
        authentication::refused failed{why};
        co_return failed;
    }
    figures[done->shared ? renewal_outcome::shared : renewal_outcome::renewed].add();
    co_return enter_session(std::move(asked.without), **done->given, std::max(done->at, context.asked.now), context);
}

// The two cookies may come from different sessions; a renewal must not make one person
// into another.
authentication::settled authenticator::enter_session(result<identity_ptr> without, accounts::grant const& given, wall_time now,
                                                     request_context& context)
{
    auto renewed = dependencies_.cache.identify(given.access_token.reveal(), now);
    if (without && *without && (!renewed || (*renewed)->session != (*without)->session))
        return recognise(std::move(without), context, dependencies_.figures);
    if (!renewed) return recognise(std::move(renewed), context, dependencies_.figures);
    http::reply cookies;
    if (auto added = add_cookies(cookies, context.transport(), given, dependencies_.services.now()); !added)
        return authentication::refused{added.error()};
    std::ranges::move(cookies.fields, std::back_inserter(context.reported.set_cookies));
    context.found.renewed = true;
    return recognise(std::move(renewed), context, dependencies_.figures);
}

result<void> authenticator::admit_page(http::exchange const& ex, request_context& context) const
{
    auto ours = refuse_foreign_page(ex.request(), context);
    if (!ours) return refuse(ours.error(), context, dependencies_.figures).why;
    return ours;
}

task<authentication::settled> authenticator::look_again(request_context& context)
{
    auto who = co_await recall(context);
    if (!who) co_return refuse(who.error(), context, dependencies_.figures);
    context.found.who = *who;
    authentication::known still{std::move(*who)};
    co_return still;
}

// Each in the memory it came from. A session that was renewed in this very request has a token
// that nobody sent.
task<result<identity_ptr>> authenticator::recall(request_context const& context)
{
    auto const now = wall_now();
    auto const& found = context.found;
    if (found.renewed) {
        if (dependencies_.services.revocations.covers(*found.who, {}, now)) co_return client_error(errc::token_revoked);
        co_return found.who;
    }
    if (!tokens::looks_like_api_key(found.token.text())) co_return dependencies_.cache.identify(found.token, now);
    if (auto remembered = dependencies_.cache.recall(found.token, now)) co_return std::move(*remembered);
    co_return co_await api_keys_.ask_again(found.token, context.asked.now);
}

} // namespace yett::pipeline
