#include "gateway/pipeline/endpoints/handlers.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/sessions/logout.hpp"
#include "gateway/accounts/sessions/refresh_state.hpp"
#include "gateway/http/fields/cookies.hpp"
#include "gateway/pipeline/call/caller.hpp"
#include "gateway/pipeline/call/endpoint_services.hpp"
#include "gateway/pipeline/call/fields.hpp"
#include "gateway/pipeline/call/replies.hpp"
#include "gateway/pipeline/request/paid_checks.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/request/rival_cookies.hpp"
#include "gateway/pipeline/request/same_origin.hpp"
#include "gateway/tokens/cache/token_cache.hpp"

// Signing out has to work for whoever can name a session, in whatever state their tokens are: by a
// token in the header, by a refresh token in the body, by cookies, of which a browser may hold
// several of one name. Each that names a session of ours ends it; what names none is passed over. A
// browser's request ends what its cookies name only if one of our own pages sent it, for cookies go
// along with anybody's request.
//
// Cookies are deleted in any case. A sign-out that found nothing to end has still reached what its
// sender wanted, but one that asked for everywhere and named nobody is told so: nothing else was
// ended.

namespace yett::pipeline {
namespace {

accounts::leave leave_by(call const& c, bool everywhere)
{
    accounts::leave asked;
    asked.everywhere = everywhere;
    asked.from = device_of(c);
    return asked;
}

accounts::leave leave_of(call const& c, identity const& who, bool everywhere)
{
    auto asked = leave_by(c, everywhere);
    asked.user_id = who.subject;
    asked.session = who.session;
    return asked;
}

// Whatever was wrong with the token itself: nobody signs out with it.
error refused(error const& why)
{
    return why == errc::token_invalid ? client_error(errc::unauthenticated, why.note()) : why;
}

error why_nobody_leaves(result<void> const& by_header, call const& c)
{
    if (!by_header) return by_header.error();
    return c.context.found.shown ? error{errc::unauthenticated} : c.context.found.shown.error();
}

// Who wants to leave by what came outside cookies.
struct leaving
{
    secret refresh_token; // of the body
    bool everywhere = false;
    identity_ptr who; // of a token in the header that belongs to a session of ours
};

// Whether a browser may have sent it: then it has to be our own page that did.
bool brings_cookies(call const& c)
{
    auto const& ways = c.context.transport();
    auto const brings = [&c](std::string const& name) { return http::find_cookies(c.ex.request(), name).count != 0; };
    return (ways.access_in_cookie && brings(ways.access_cookie)) || (ways.refresh_in_cookie && brings(ways.refresh_cookie));
}

// Only our own tokens belong to a session that can be ended here.
result<void> look_at_header(leaving& asked, call& c)
{
    auto const& shown = c.context.found.shown;
    if (!shown || shown->by != credential::way::header) return {};
    c.context.reported.credential_sent = true;
    paid_checks pays{c.context};
    auto const who = c.services.cache.identify(c.context.found.token, c.context.asked.now, pays);
    if (!who && who.error() == errc::rate_limited) c.context.reported.credential_refused = errc::rate_limited;
    if (!who) return who.error();
    if ((*who)->session.empty()) return errc::unauthenticated;
    c.context.found.who = *who;
    asked.who = *who;
    return {};
}

// Whether it was somebody's. One that has ended a moment ago is not ended once more.
task<result<bool>> end_what_refreshes(secret token, bool everywhere, call& c)
{
    auto const found = co_await accounts::refresh_state_of(c.services.services, token.reveal(), c.services.services.now());
    if (!found) co_return found.error();
    if (found->is == accounts::refresh_state::unknown) co_return false;
    auto asked = leave_by(c, everywhere);
    asked.refresh_token = std::move(token);
    co_return co_await accounts::logout(c.services.services, std::move(asked), c.services.services.now());
}

} // namespace

// In this order: nothing is ended before the whole request is known to be in order.
task<result<http::reply>> logout(call& c)
{
    auto body = co_await fields_of(c);
    if (!body) co_return body.error();
    leaving asked;
    if (c.context.transport().refresh_in_body && body->has("refresh_token"))
        asked.refresh_token = secret{std::string{body->name_text("refresh_token")}};
    asked.everywhere = body->flag("everywhere");
    if (auto fine = require_only(*body, {"refresh_token", "everywhere"}, c.context); !fine) co_return fine.error();

    auto const by_cookie = brings_cookies(c);
    if (by_cookie)
        if (auto ours = require_same_origin(c.ex.request(), c.context.asked.from.https, c.friends); !ours) co_return ours.error();
    auto const by_header = look_at_header(asked, c);
    if (!by_header && by_header.error() == errc::rate_limited) co_return by_header.error();
    if (!asked.who && asked.refresh_token.empty() && !by_cookie) co_return why_nobody_leaves(by_header, c);

    if (asked.who) {
        auto named = leave_of(c, *asked.who, asked.everywhere);
        auto const gone = co_await accounts::logout(c.services.services, std::move(named), c.services.services.now());
        if (!gone) co_return gone.error();
    }
    auto const by_refresh = co_await end_what_refreshes(std::move(asked.refresh_token), asked.everywhere, c);
    if (!by_refresh) co_return refused(by_refresh.error());
    // Whose session is over cannot be told that the others have ended: nobody ended them.
    if (asked.everywhere && !by_cookie && !asked.who && !*by_refresh) co_return errc::unauthenticated;
    auto const whose = co_await end_what_cookies_name(c, asked.everywhere);
    if (!whose) co_return refused(whose.error());
    if (*whose) c.context.found.who = *whose;
    auto r = no_content();
    if (auto added = add_deletions(r, c.context.transport()); !added) co_return added.error();
    co_return r;
}

task<result<identity_ptr>> end_what_cookies_name(call& c, bool everywhere)
{
    auto const& ways = c.context.transport();
    auto const& head = c.ex.request();
    identity_ptr whose;
    std::vector<std::string_view> tokens;
    if (ways.access_in_cookie) tokens = http::values_of_cookies(head, ways.access_cookie, most_rivals);
    for (auto const token : tokens) {
        paid_checks pays{c.context};
        auto const who = c.services.cache.identify(token, c.context.asked.now, pays);
        // Nobody is told that a session has ended which nobody looked at.
        if (!who && who.error() == errc::rate_limited) {
            c.context.reported.credential_refused = errc::rate_limited;
            co_return who.error();
        }
        if (!who || (*who)->session.empty()) continue;
        whose = *who;
        auto named = leave_of(c, **who, everywhere);
        auto const left = co_await accounts::logout(c.services.services, std::move(named), c.services.services.now());
        if (!left) co_return left.error();
    }
    tokens.clear();
    if (ways.refresh_in_cookie) tokens = http::values_of_cookies(head, ways.refresh_cookie, most_rivals);
    if (http::find_cookies(head, ways.refresh_cookie).count > 1)
        delete_everywhere(c.context.reported.set_cookies, ways, ways.refresh_cookie);
    for (auto const token : tokens) {
        secret shown{std::string{token}};
        auto const left = co_await end_what_refreshes(std::move(shown), everywhere, c);
        if (!left) co_return left.error();
    }
    co_return whose;
}

// For the page that asks "Log out?": looks, and ends nothing. A refresh token is worth a question
// to the store only when the access token is no answer.
task<session_there> look_at_session(call& c)
{
    session_there there;
    auto const& ways = c.context.transport();
    auto const& shown = c.context.found.shown;
    if (shown && shown->by == credential::way::cookie) {
        paid_checks pays{c.context};
        auto const who = c.services.cache.identify(c.context.found.token, c.context.asked.now, pays);
        there.live = who && !(*who)->session.empty();
        if (there.live) there.email = (*who)->email;
    }
    if (there.live || !ways.refresh_in_cookie || !ways.access_in_cookie) co_return there;
    auto const cookies = http::find_cookies(c.ex.request(), ways.refresh_cookie);
    if (cookies.count != 1) co_return there;
    auto const found = co_await accounts::refresh_state_of(c.services.services, cookies.value, c.services.services.now());
    there.live = found && (found->is == accounts::refresh_state::current || found->is == accounts::refresh_state::replayed);
    co_return there;
}

} // namespace yett::pipeline
