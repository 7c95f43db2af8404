#include "gateway/pipeline/authentication/credential_judge.hpp"

#include "gateway/http/fields/cookies.hpp"
#include "gateway/pipeline/authentication/missing_keys.hpp"
#include "gateway/pipeline/authentication/own_token.hpp"
#include "gateway/pipeline/authentication/recognition.hpp"
#include "gateway/pipeline/authentication/renewals.hpp"
#include "gateway/pipeline/authentication/shown_credential.hpp"
#include "gateway/pipeline/request/paid_checks.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/request/same_origin.hpp"
#include "gateway/tokens/opaque/api_key.hpp"

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

namespace yett::pipeline {
namespace {

// The refresh token is a credential as well, also when it comes alone.
http::cookies_of_name refresh_cookies_in(http::head const& head, auth_transport const& ways)
{
    return ways.refresh_in_cookie ? http::find_cookies(head, ways.refresh_cookie) : http::cookies_of_name{};
}

bool is_over(authentication::answer const& found)
{
    auto const* const settled = std::get_if<authentication::settled>(&found);
    return settled && std::holds_alternative<authentication::refused>(*settled);
}

} // namespace

bool awaits_key(authentication::answer const& found) noexcept
{
    auto const* const pending = std::get_if<authentication::pending>(&found);
    return pending && std::holds_alternative<authentication::await_key>(*pending);
}

// What may still come to be known is looked at again, with its page, once it is.
authentication::answer credential_judge::look(http::exchange const& ex, request_context& context, key_wait with_keys)
{
    auto found = judge(ex, context, with_keys);
    if (context.asked.websocket && !awaits_key(found)) [[unlikely]]
        return from_allowed_page(std::move(found), ex, context);
    return found;
}

// Who sends a credential believes to be somebody: one that does not hold is refused, also where a rule
// could do without.
authentication::answer credential_judge::judge(http::exchange const& ex, request_context& context, key_wait with_keys)
{
    if (context.found.route->credentials() == policies::credential_use::ignored)
        return authentication::settled{authentication::nobody{}};
    auto const& shown = context.found.shown;
    context.reported.credential_sent = !shown || shown->by != credential::way::none;
    if (!shown) return refuse(shown.error(), context);
    if (shown->by != credential::way::header) return judge_cookie(ex, context);
    if (tokens::looks_like_api_key(shown->token)) [[unlikely]]
        return judge_api_key(ex, context);
    return judge_bearer(ex, context, with_keys);
}

authentication::answer credential_judge::judge_api_key(http::exchange const& ex, request_context& context)
{
    auto const& shown = *context.found.shown;
    if (shown.by_basic && needs_same_origin(ex.request()))
        if (auto ours = refuse_foreign_origin(ex.request(), context.asked.from.https, context.facts().friends); !ours)
            return refuse(ours.error(), context);
    // A key belongs to no session, so that a cookie beside it can only speak for somebody else.
    if (!shown.in_cookie.empty())
        if (auto same = agree({}, context); !same) return refuse(same.error(), context);
    auto remembered = dependencies_.api_keys.recall(context.found.token, context.asked.now);
    if (!remembered) return authentication::pending{authentication::ask_store{}};
    return recognise(std::move(*remembered), context);
}

authentication::answer credential_judge::judge_bearer(http::exchange const& ex, request_context& context, key_wait with_keys)
{
    auto const& shown = *context.found.shown;
    paid_checks pays{context};
    auto who = dependencies_.cache.identify(context.found.token, context.asked.now, pays);
    if (!who) {
        auto const with_key = may_come_to_be_known(who.error(), shown.token, with_keys, pays);
        if (!with_key) return refuse(with_key.error(), context);
        if (*with_key) return authentication::pending{authentication::await_key{pays.paid()}};
    }
    if (who && !shown.in_cookie.empty())
        if (auto same = agree(**who, context); !same) return refuse(same.error(), context);
    if (who || !is_the_applications(ex.request(), context)) return recognise(std::move(who), context);
    set_bearer_aside(who.error(), dependencies_.cache, context);
    return judge_cookie(ex, context);
}

// Also of a request that shows nothing: its refresh cookie may come alone.
authentication::answer credential_judge::judge_cookie(http::exchange const& ex, request_context& context)
{
    auto const& ways = context.transport();
    if (!ways.access_in_cookie) return recognise(identity_ptr{}, context);
    auto& by_cookie = context.found.by_cookie;
    by_cookie = context.found.shown->by == credential::way::cookie;
    result<identity_ptr> who = identity_ptr{};
    paid_checks pays{context};
    if (by_cookie) who = dependencies_.cache.identify(context.found.token, context.asked.now, pays);
    // It may well be good: no reason to spend a refresh token, nor to hear of a Bearer that was set aside.
    if (!who && who.error() == errc::rate_limited) return refuse(who.error(), context);
    auto const fresh = who && *who && !is_near_end(**who, context.asked.now);
    auto const renewable = fresh ? http::cookies_of_name{} : refresh_cookies_in(ex.request(), ways);
    if (renewable.count > 0) by_cookie = context.reported.credential_sent = true;
    if (by_cookie && !context.asked.websocket && needs_same_origin(ex.request()))
        if (auto ours = require_same_origin(ex.request(), context.asked.from.https, context.facts().friends); !ours)
            return refuse(ours.error(), context);
    if (renewable.value.empty()) return recognise(std::move(who), context);
    return authentication::pending{authentication::renew{std::move(who), renewable.value, renewable.count > 1}};
}

// Two tokens at once have to name the same session: a script may hold on to the token it
// was given while the cookie beside it was renewed.
result<void> credential_judge::agree(identity const& by_header, request_context const& context)
{
    paid_checks pays{context};
    auto const other = dependencies_.cache.identify(context.found.shown->in_cookie, context.asked.now, pays);
    if (!other && other.error() == errc::token_expired) return {};
    if (!other && other.error() == errc::rate_limited) return other.error();
    if (!other || (*other)->session.empty() || (*other)->session != by_header.session) return errc::credentials_disagree;
    return {};
}

// Whatever the credential is worth: a page must not speak for whoever looks at it. What a renewal may still
// make somebody of is looked at before it is spent.
authentication::answer credential_judge::from_allowed_page(answer found, http::exchange const& ex, request_context& context)
{
    if (is_over(found)) return found;
    auto const& shown = context.found.shown;
    if (shown && shown->by_protocol && !ex.request().find(http::known::origin))
        return refuse(client_error(errc::csrf_rejected, "a token among the subprotocols without Origin"), context);
    auto const& facts = context.facts();
    websocket_origins const may{facts.websocket_origins, facts.friends};
    auto const fit = require_websocket_origin(ex.request(), context.asked.from.https, may, context.found.by_cookie);
    if (!fit) return refuse(fit.error(), context);
    return found;
}

// An issuer may have begun to sign with a key that is not here yet. Anybody can name a key that there is not.
result<bool> credential_judge::may_come_to_be_known(error const& why, std::string_view token, key_wait with_keys,
                                                    paid_checks& pays) const
{
    if (with_keys == key_wait::over || !(why == errc::token_untrusted)) return false;
    auto const issuer = dependencies_.missing_keys.issuer_to_ask(dependencies_.cache.judge(), token);
    if (!issuer) return false;
    if (with_keys == key_wait::possible)
        if (auto paid = pays.take_for_question(); !paid) return paid.error();
    return dependencies_.missing_keys.request_refresh(*issuer);
}

// Beside cookies that may speak for the caller, a Bearer that is none of ours may belong to
// the application behind us.
bool credential_judge::is_the_applications(http::head const& head, request_context const& context) const
{
    auto const& ways = context.transport();
    auto const& shown = *context.found.shown;
    if (!ways.access_in_cookie || shown.by_protocol) return false;
    if (shown.in_cookie.empty() && refresh_cookies_in(head, ways).count == 0) return false;
    return !is_own_token(shown.token, dependencies_.cache.judge());
}

authentication::settled credential_judge::recognise(result<identity_ptr> who, request_context& context) const
{
    return yett::pipeline::recognise(std::move(who), context, dependencies_.figures);
}

authentication::settled credential_judge::refuse(error const& why, request_context& context) const
{
    return yett::pipeline::refuse(why, context, dependencies_.figures);
}

} // namespace yett::pipeline
