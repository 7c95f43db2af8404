#include "gateway/pipeline/authentication/authenticator.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/http/fields/cookies.hpp"
#include "gateway/pipeline/authentication/missing_keys.hpp"
#include "gateway/pipeline/authentication/renewals.hpp"
#include "gateway/pipeline/authentication/shown_credential.hpp"
#include "gateway/pipeline/request/own_token.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/request/rival_cookies.hpp"
#include "gateway/pipeline/request/same_origin.hpp"
#include "gateway/tokens/opaque/api_key.hpp"
#include "gateway/tokens/revocations.hpp"

#include <algorithm>
#include <iterator>

// A request names its caller in up to three ways at once: a token in the header, an access cookie, a
// refresh cookie. What this file keeps is that they cannot be played against each other.
//
// A program that puts a token into the header means it, so that it goes first; a cookie beside it has to
// name the same session. An API key belongs to no session, so that every cookie beside it disagrees. Where
// tokens travel in cookies a Bearer may be the application's own, as long as it says nothing that names us:
// then it is set aside and the cookies are judged, and it is judged after all when they prove nobody.
//
// Cookies are sent by browsers on anybody's behalf. A request that changes something has to come from a page
// of ours before its access cookie is worth anything, and before its refresh token is spent.
//
// Waiting is told apart from its outcome by the type. An API key that only the store can tell and a session
// that only a renewal can save are neither nobody nor refused until somebody has asked; see `finish`, which
// does not compile when one of them is forgotten.

namespace yett::pipeline {
namespace {

// A cookie that has come to its end is what every browser has some day, not a lie.
bool has_ended(errc why)
{
    switch (why) {
    case errc::token_expired:
    case errc::token_revoked:
    case errc::token_invalid:
    case errc::refresh_reused: return true;
    default: return false;
    }
}

// The refresh token is a credential as well, also when it comes alone.
http::cookies_of_name refresh_cookies_in(http::head const& head, auth_transport const& ways)
{
    return ways.refresh_in_cookie ? http::find_cookies(head, ways.refresh_cookie) : http::cookies_of_name{};
}

bool is_over(authenticator::answer const& found)
{
    auto const* const settled = std::get_if<authenticator::settled>(&found);
    return settled && std::holds_alternative<authenticator::refused>(*settled);
}

bool awaits_key(authenticator::answer const& found)
{
    auto const* const pending = std::get_if<authenticator::pending>(&found);
    return pending && std::holds_alternative<authenticator::await_key>(*pending);
}

} // namespace

result<identity_ptr> identity_of(authenticator::settled&& answer)
{
    struct by
    {
        result<identity_ptr> operator()(authenticator::nobody) const { return identity_ptr{}; }
        result<identity_ptr> operator()(authenticator::known&& k) const { return std::move(k.who); }
        result<identity_ptr> operator()(authenticator::refused&& r) const { return std::move(r.why); }
    };
    return std::visit(by{}, std::move(answer));
}

void authenticator::read(http::head const& head, request_context& context) const
{
    read_credential(head, dependencies_.cache, context);
}

void authenticator::read_by_rule(http::head const& head, request_context& context)
{
    auto const lasting = dependencies_.services.rules.remember == accounts::memory::always;
    read_credential_by_rule(head, dependencies_.cache, lasting, context);
}

authenticator::answer authenticator::look(http::exchange const& ex, request_context& context)
{
    return judge_and_check_page(ex, context, key_wait::possible);
}

// What may still come to be known is looked at again, with its page, once it is.
authenticator::answer authenticator::judge_and_check_page(http::exchange const& ex, request_context& context, key_wait with_keys)
{
    auto found = judge(ex, context, with_keys);
    if (context.asked.websocket && !awaits_key(found)) [[unlikely]]
        return from_allowed_page(std::move(found), ex, context);
    return found;
}

// Who sends a credential believes to be somebody: one that does not hold is refused, also where a rule
// could do without.
authenticator::answer authenticator::judge(http::exchange const& ex, request_context& context, key_wait with_keys)
{
    if (context.found.route->credentials() == policies::credential_use::ignored) return settled{nobody{}};
    auto const& shown = context.found.shown;
    context.reported.credential_sent = !shown || shown->by != credential::way::none;
    if (!shown) return settled{refuse(shown.error(), context)};
    if (shown->by != credential::way::header) return judge_cookie(ex, context);
    if (tokens::looks_like_api_key(shown->token)) [[unlikely]]
        return judge_api_key(ex, context);
    return judge_bearer(ex, context, with_keys);
}

authenticator::answer authenticator::judge_api_key(http::exchange const& ex, request_context& context)
{
    auto const& shown = *context.found.shown;
    if (shown.by_basic && needs_same_origin(ex.request()))
        if (auto ours = refuse_foreign_origin(ex.request(), context.asked.from.https, context.facts().friends); !ours)
            return settled{refuse(ours.error(), context)};
    // A key belongs to no session, so that a cookie beside it can only speak for somebody else.
    if (!shown.in_cookie.empty())
        if (auto same = agree({}, context); !same) return settled{refuse(same.error(), context)};
    auto remembered = api_keys_.recall(context.found.token, context.asked.now);
    if (!remembered) return pending{ask_store{}};
    return recognise(std::move(*remembered), context);
}

authenticator::answer authenticator::judge_bearer(http::exchange const& ex, request_context& context, key_wait with_keys)
{
    auto const& shown = *context.found.shown;
    auto who = dependencies_.cache.identify(context.found.token, context.asked.now);
    if (!who && may_come_to_be_known(who.error(), shown.token, with_keys)) return pending{await_key{}};
    if (who && !shown.in_cookie.empty())
        if (auto same = agree(**who, context); !same) return settled{refuse(same.error(), context)};
    if (who || !is_the_applications(ex.request(), context)) return recognise(std::move(who), context);
    set_bearer_aside(who.error(), dependencies_.cache, context);
    return judge_cookie(ex, context);
}

// Also of a request that shows nothing: its refresh cookie may come alone.
authenticator::answer authenticator::judge_cookie(http::exchange const& ex, request_context& context)
{
    auto const& ways = context.transport();
    if (!ways.access_in_cookie) return recognise(identity_ptr{}, context);
    auto& by_cookie = context.found.by_cookie;
    by_cookie = context.found.shown->by == credential::way::cookie;
    result<identity_ptr> who = identity_ptr{};
    if (by_cookie) who = dependencies_.cache.identify(context.found.token, context.asked.now);
    auto const fresh = who && *who && !is_near_end(**who, context.asked.now);
    auto const renewable = fresh ? http::cookies_of_name{} : refresh_cookies_in(ex.request(), ways);
    if (renewable.count > 0) by_cookie = context.reported.credential_sent = true;
    if (by_cookie && !context.asked.websocket && needs_same_origin(ex.request()))
        if (auto ours = require_same_origin(ex.request(), context.asked.from.https, context.facts().friends); !ours)
            return settled{refuse(ours.error(), context)};
    if (renewable.value.empty()) return recognise(std::move(who), context);
    return pending{renew{std::move(who), renewable.value, renewable.count > 1}};
}

// Two tokens at once have to name the same session: a script may hold on to the token it
// was given while the cookie beside it was renewed.
result<void> authenticator::agree(identity const& by_header, request_context const& context)
{
    auto const other = dependencies_.cache.identify(context.found.shown->in_cookie, context.asked.now);
    if (!other && other.error() == errc::token_expired) return {};
    if (!other || (*other)->session.empty() || (*other)->session != by_header.session) return errc::credentials_disagree;
    return {};
}

// Whatever the credential is worth: a page must not speak for whoever looks at it. What a renewal may still
// make somebody of is looked at before it is spent.
authenticator::answer authenticator::from_allowed_page(answer found, http::exchange const& ex, request_context& context)
{
    if (is_over(found)) return found;
    auto const& shown = context.found.shown;
    if (shown && shown->by_protocol && !ex.request().find(http::known::origin))
        return settled{refuse(client_error(errc::csrf_rejected, "a token among the subprotocols without Origin"), context)};
    auto const& facts = context.facts();
    websocket_origins const may{facts.websocket_origins, facts.friends};
    auto const fit = require_websocket_origin(ex.request(), context.asked.from.https, may, context.found.by_cookie);
    if (!fit) return settled{refuse(fit.error(), context)};
    return found;
}

// An issuer may have begun to sign with a key that is not here yet.
bool authenticator::may_come_to_be_known(error const& why, std::string_view token, key_wait with_keys) const
{
    if (with_keys == key_wait::over || !(why == errc::token_untrusted)) return false;
    return dependencies_.missing_keys.request_refresh(dependencies_.cache.judge(), token);
}

// Beside cookies that may speak for the caller, a Bearer that is none of ours may belong to
// the application behind us.
bool authenticator::is_the_applications(http::head const& head, request_context const& context) const
{
    auto const& ways = context.transport();
    auto const& shown = *context.found.shown;
    if (!ways.access_in_cookie || shown.by_protocol) return false;
    if (shown.in_cookie.empty() && refresh_cookies_in(head, ways).count == 0) return false;
    return !is_own_token(shown.token, dependencies_.cache.judge());
}

task<authenticator::settled> authenticator::finish(pending&& first, http::exchange const& ex, request_context& context)
{
    struct by
    {
        authenticator& self;
        http::exchange const& ex;
        request_context& context;
        task<settled> operator()(ask_store) const { return self.ask(context); }
        task<settled> operator()(await_key) const { return self.await(ex, context); }
        task<settled> operator()(renew&& asked) const { return self.renew_session(std::move(asked), ex, context); }
    };
    return std::visit(by{*this, ex, context}, std::move(first));
}

// What a store could not say was no credential's fault, and is not counted as one.
task<authenticator::settled> authenticator::ask(request_context& context)
{
    auto who = co_await api_keys_.ask(context.found.token, context.asked.now);
    if (!who && who.error().from() != origin::client) {
        refused failed{who.error()};
        co_return failed;
    }
    co_return recognise(std::move(who), context);
}

task<authenticator::settled> authenticator::await(http::exchange const& ex, request_context& context)
{
    auto const until = dependencies_.missing_keys.wait_deadline();
    for (;;) {
        auto const came = co_await dependencies_.missing_keys.wait(until);
        auto found = judge_and_check_page(ex, context, came ? key_wait::possible : key_wait::over);
        if (awaits_key(found)) continue;
        if (auto* done = std::get_if<settled>(&found)) co_return std::move(*done);
        auto next = std::move(std::get<pending>(found));
        co_return co_await finish(std::move(next), ex, context);
    }
}

task<authenticator::settled> authenticator::renew_session(renew asked, http::exchange const& ex, request_context& context)
{
    using telemetry::renewal_outcome;
    auto& figures = dependencies_.figures.renewals;
    auto const needed = !asked.without || !*asked.without;
    if (asked.rivals) [[unlikely]] {
        auto const chosen = co_await refresh_cookie_of(ex.request(), context.transport(), dependencies_.services, context);
        if (!chosen && chosen.error().from() != origin::client) {
            refused failed{chosen.error()};
            co_return failed;
        }
        if (!chosen) co_return recognise(chosen.error(), context);
        asked.refresh_token = *chosen;
    }
    renewals::request wanted{
        asked.refresh_token, {context.asked.from.text, std::string{ex.request().value(http::known::user_agent)}}, needed};
    auto const done = co_await dependencies_.renewals.renew(std::move(wanted), context.asked.now);
    if (!done) co_return recognise(std::move(asked.without), context);
    if (!done->shared) context.reported.refreshed = done->given ? refreshed_as(**done->given) : refreshed_as(done->given.error());
    if (!done->given) {
        auto const& why = done->given.error();
        figures[why.from() == origin::client ? renewal_outcome::refused : renewal_outcome::failed].add();
        // A token that is still good stays so without a successor.
        if (!needed) co_return recognise(std::move(asked.without), context);
        if (why.from() == origin::client) co_return recognise(why, context);
        refused failed{why};
        co_return failed;
    }
    figures[done->shared ? renewal_outcome::shared : renewal_outcome::renewed].add();
    co_return enter_session(std::move(asked.without), **done->given, std::max(done->at, context.asked.now), context);
}

// The two cookies may come from different sessions; a renewal must not make one person
// into another.
authenticator::settled authenticator::enter_session(result<identity_ptr> without, accounts::grant const& given, wall_time now,
                                                    request_context& context)
{
    auto renewed = dependencies_.cache.identify(given.access_token.reveal(), now);
    if (without && *without && (!renewed || (*renewed)->session != (*without)->session))
        return recognise(std::move(without), context);
    if (!renewed) return recognise(std::move(renewed), context);
    http::reply cookies;
    if (auto added = add_cookies(cookies, context.transport(), given, dependencies_.services.now()); !added)
        return refused{added.error()};
    std::ranges::move(cookies.fields, std::back_inserter(context.reported.set_cookies));
    context.found.renewed = true;
    return recognise(std::move(renewed), context);
}

// Counts what a credential was worth and notes who it names.
authenticator::settled authenticator::recognise(result<identity_ptr> who, request_context& context)
{
    auto const& set_aside = context.found.set_aside;
    auto const optional = context.found.route->credentials() == policies::credential_use::optional;
    if (!who && optional && context.found.by_cookie && has_ended(who.error().code())) who = identity_ptr{};
    // Without anybody else to speak for the caller, a Bearer is judged.
    if (set_aside && (!who || !*who)) who = *set_aside;
    if (!who) return refuse(who.error(), context);
    if (!*who) {
        dependencies_.figures.auth_none.add();
        return nobody{};
    }
    dependencies_.figures.auth_ok.add();
    context.found.who = *who;
    return known{std::move(*who)};
}

authenticator::refused authenticator::refuse(error const& why, request_context& context)
{
    context.reported.credential_refused = why.code();
    dependencies_.figures.auth_failed[why.code()].add();
    // What the refresh endpoint says of its token is no answer to another request.
    auto const of_refresh = why == errc::token_invalid || why == errc::refresh_reused;
    return {of_refresh ? client_error(errc::unauthenticated, why.note()) : why};
}

task<authenticator::settled> authenticator::look_again(request_context& context)
{
    auto who = co_await recall(context);
    if (!who) co_return refuse(who.error(), context);
    context.found.who = *who;
    known still{std::move(*who)};
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
