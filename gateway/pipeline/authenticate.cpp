#include "gateway/http/cookies.hpp"
#include "gateway/http/websocket.hpp"
#include "gateway/pipeline/credential.hpp"
#include "gateway/pipeline/missing_keys.hpp"
#include "gateway/pipeline/pipeline.hpp"
#include "gateway/pipeline/renewals.hpp"
#include "gateway/pipeline/request_context.hpp"
#include "gateway/pipeline/rival_cookies.hpp"
#include "gateway/pipeline/same_origin.hpp"
#include "gateway/pipeline/session_cookies.hpp"
#include "gateway/pipeline/world.hpp"
#include "gateway/tokens/api_key.hpp"
#include "gateway/tokens/token_cache.hpp"

#include <algorithm>
#include <iterator>

namespace yett::pipeline {
namespace {

// Two tokens at once have to name the same session: a script may hold on to the token it
// was given while the cookie beside it was renewed.
result<void> agree(identity const& by_header, std::string_view in_cookie, tokens::token_cache& cache, wall_time now)
{
    auto const other = cache.identify(in_cookie, now);
    if (!other && other.error() == errc::token_expired) return {};
    if (!other || (*other)->session.empty() || (*other)->session != by_header.session) return errc::credentials_disagree;
    return {};
}

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

} // namespace

// Null when nobody was named. A credential that does not hold is refused, also where a
// rule could do without one: whoever sends it believes to be somebody. This is the path of
// every request: it waits for nothing, and leaves in the context what has to be waited for.
result<identity_ptr> pipeline::authenticate(http::exchange const& ex, request_context& context)
{
    if (context.found.route->credentials() == policies::credential_use::ignored) return identity_ptr{};
    auto const& found = context.found.shown; // which a Bearer that is set aside changes
    context.reported.credential_sent = !found || found->by != credential::way::none;
    if (!found) return refused(found.error(), context);
    auto const& facts = context.facts();
    if (found->by == credential::way::header && tokens::looks_like_api_key(found->token)) [[unlikely]] {
        if (found->by_basic && needs_same_origin(ex.request()))
            if (auto ours = refuse_foreign_origin(ex.request(), context.asked.from.https, facts.friends); !ours)
                return refused(ours.error(), context);
        // A key belongs to no session, so that a cookie beside it can only speak for somebody else.
        if (!found->in_cookie.empty())
            if (auto same = agree({}, found->in_cookie, station_.cache, context.asked.now); !same)
                return refused(same.error(), context);
        return recall_key(context);
    }
    if (found->by == credential::way::header) {
        auto who = station_.cache.identify(context.found.token, context.asked.now);
        if (!who && may_come_to_be_known(who.error(), found->token, context)) return who;
        if (who && !found->in_cookie.empty())
            if (auto same = agree(**who, found->in_cookie, station_.cache, context.asked.now); !same)
                return refused(same.error(), context);
        if (who || !is_the_applications(ex.request(), context)) return recognised(std::move(who), context);
        set_bearer_aside(who.error(), context);
    }
    if (!context.transport().access_in_cookie) return recognised(identity_ptr{}, context);

    context.found.by_cookie = found->by == credential::way::cookie;
    result<identity_ptr> who = identity_ptr{};
    if (context.found.by_cookie) who = station_.cache.identify(context.found.token, context.asked.now);
    auto const fresh = who && *who && !is_near_end(**who, context.asked.now);
    if (!fresh) ask_for_renewal(ex.request(), context);
    if (context.found.by_cookie && !context.asked.websocket && needs_same_origin(ex.request()))
        if (auto ours = require_same_origin(ex.request(), context.asked.from.https, facts.friends); !ours)
            return refused(ours.error(), context);
    return context.found.refresh_token.empty() ? recognised(std::move(who), context) : who;
}

// Where a rule lets WebSockets through. Whatever came behind a handshake that is refused was
// not meant as a request.
result<void> pipeline::recognise_websocket(http::exchange& ex, request_context& context)
{
    auto const kind = http::websocket::is_asked_for(ex.request());
    using http::websocket::asked;
    context.asked.websocket = kind && *kind == asked::websocket;
    context.asked.another_websocket_version = kind && *kind == asked::another_version;
    if (!kind || *kind != asked::something_else) ex.be_the_last();
    if (!kind) return kind.error();
    if (context.asked.another_websocket_version)
        return client_error(errc::bad_request, "a WebSocket handshake of another version");
    return {};
}

// Whatever the credential is worth: a page must not speak for whoever looks at it.
result<identity_ptr> pipeline::from_allowed_page(result<identity_ptr> who, http::exchange const& ex, request_context& context)
{
    // What a renewal may still make somebody of is looked at before it is spent.
    if (!who && context.found.refresh_token.empty()) return who;
    auto const by_protocol = context.found.shown && context.found.shown->by_protocol;
    if (by_protocol && !ex.request().find(http::known::origin))
        return refused(client_error(errc::csrf_rejected, "a token among the subprotocols without Origin"), context);
    auto const& facts = context.facts();
    websocket_origins const may{facts.websocket_origins, facts.friends};
    auto const fit = require_websocket_origin(ex.request(), context.asked.from.https, may, context.found.by_cookie);
    return fit ? std::move(who) : refused(fit.error(), context);
}

// An issuer may have begun to sign with a key that is not here yet.
bool pipeline::may_come_to_be_known(error const& why, std::string_view token, request_context& context)
{
    if (context.found.key_given_up || !(why == errc::token_untrusted)) return false;
    context.found.key_awaited = station_.missing_keys.are_coming(station_.cache.judge(), token);
    return context.found.key_awaited;
}

task<result<identity_ptr>> pipeline::await_key(http::exchange const& ex, request_context& context)
{
    auto const until = station_.missing_keys.end_of_patience();
    result<identity_ptr> who = identity_ptr{};
    while (context.found.key_awaited) {
        context.found.key_awaited = false;
        auto const news = co_await station_.missing_keys.wait(until);
        context.found.key_given_up = !news;
        who = authenticate(ex, context);
    }
    co_return who;
}

// Several access cookies came. The one that counts is told to the browser once more, the
// others are deleted. Where nobody looks at a credential nothing is chosen.
void pipeline::choose_cookie(http::head const& head, request_context& context)
{
    auto const ignored = context.found.route->credentials() == policies::credential_use::ignored;
    if (ignored && context.found.route->to() == policies::destination::upstream) return;
    auto const& ways = context.transport();
    delete_everywhere(context.reported.set_cookies, ways, ways.access_cookie);
    auto const offered = http::values_of_cookies(head, ways.access_cookie, most_rivals);
    auto const chosen = choose_access(offered, station_.cache, context.asked.now);
    if (!chosen) {
        context.found.shown = chosen.error();
        return;
    }
    auto const lasting = station_.desk.rules.remember == accounts::memory::always;
    if (chosen->until)
        keep_cookie(context.reported.set_cookies, ways, ways.access_cookie, chosen->text, *chosen->until - context.asked.now,
                    lasting);
    set_cookie_token(*context.found.shown, chosen->text);
    context.found.token = station_.cache.expect(context.found.shown->token);
}

// The refresh token is a credential as well, also when it comes alone.
void pipeline::ask_for_renewal(http::head const& head, request_context& context) const
{
    auto const& ways = context.transport();
    if (!ways.refresh_in_cookie) return;
    auto const cookies = http::find_cookies(head, ways.refresh_cookie);
    if (cookies.count == 0) return;
    context.found.refresh_token = cookies.value;
    context.found.refresh_rivals = cookies.count > 1;
    context.found.by_cookie = true;
    context.reported.credential_sent = true;
}

task<result<identity_ptr>> pipeline::renew(result<identity_ptr> who, http::exchange const& ex, request_context& context)
{
    using telemetry::renewal_outcome;
    auto& figures = station_.figures.renewals;
    auto const needed = !who || !*who;
    if (context.found.refresh_rivals) [[unlikely]] {
        auto const chosen = co_await refresh_cookie_of(ex.request(), context.transport(), station_.desk, context);
        if (!chosen && chosen.error().from() != origin::client) co_return chosen.error();
        if (!chosen) co_return recognised(chosen.error(), context);
        context.found.refresh_token = *chosen;
    }
    renewals::request asked{
        context.found.refresh_token, {context.asked.from.text, std::string{ex.request().value(http::known::user_agent)}}, needed};
    auto const done = co_await station_.renewals.renew(std::move(asked), context.asked.now);
    if (!done) co_return recognised(std::move(who), context);
    if (!done->shared) context.reported.refreshed = done->given ? refreshed_as(**done->given) : refreshed_as(done->given.error());
    if (!done->given) {
        auto const& why = done->given.error();
        figures[why.from() == origin::client ? renewal_outcome::refused : renewal_outcome::failed].add();
        // A token that is still good stays so without a successor.
        if (!needed) co_return recognised(std::move(who), context);
        if (why.from() != origin::client) co_return why;
        co_return recognised(why, context);
    }
    figures[done->shared ? renewal_outcome::shared : renewal_outcome::renewed].add();
    co_return enter_session(std::move(who), **done->given, std::max(done->at, context.asked.now), context);
}

// The two cookies may come from different sessions; a renewal must not make one person
// into another.
result<identity_ptr> pipeline::enter_session(result<identity_ptr> who, accounts::grant const& given, wall_time now,
                                             request_context& context)
{
    auto renewed = station_.cache.identify(given.access_token.reveal(), now);
    if (who && *who && (!renewed || (*renewed)->session != (*who)->session)) return recognised(std::move(who), context);
    if (!renewed) return recognised(std::move(renewed), context);
    http::reply cookies;
    if (auto added = add_cookies(cookies, context.transport(), given, station_.desk.now()); !added) return added.error();
    std::ranges::move(cookies.fields, std::back_inserter(context.reported.set_cookies));
    context.found.renewed = true;
    return recognised(std::move(renewed), context);
}

// Counts what a credential was worth and notes who it names.
result<identity_ptr> pipeline::recognised(result<identity_ptr> who, request_context& context)
{
    auto const optional = context.found.route->credentials() == policies::credential_use::optional;
    if (!who && optional && context.found.by_cookie && has_ended(who.error().code())) who = identity_ptr{};
    // Without anybody else to speak for the caller, a Bearer is judged.
    if (context.found.set_aside && (!who || !*who)) who = *context.found.set_aside;
    if (!who) return refused(who.error(), context);
    if (!*who) {
        station_.figures.auth_none.add();
        return who;
    }
    station_.figures.auth_ok.add();
    context.found.who = *who;
    return who;
}

error pipeline::refused(error const& why, request_context& context)
{
    context.reported.credential_refused = why.code();
    context.found.refresh_token = {};
    station_.figures.auth_failed[why.code()].add();
    // What the refresh endpoint says of its token is no answer to another request.
    auto const of_refresh = why == errc::token_invalid || why == errc::refresh_reused;
    return of_refresh ? client_error(errc::unauthenticated, why.note()) : why;
}

} // namespace yett::pipeline
