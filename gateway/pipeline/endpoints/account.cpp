#include "gateway/pipeline/endpoints/handlers.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/sessions/sessions.hpp"
#include "gateway/accounts/users/change_password.hpp"
#include "gateway/accounts/users/me.hpp"
#include "gateway/pipeline/call/caller.hpp"
#include "gateway/pipeline/call/endpoint_services.hpp"
#include "gateway/pipeline/call/fields.hpp"
#include "gateway/pipeline/call/replies.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/tokens/signer.hpp"

// What people do with their own account: reads what came, asks the use case, makes a reply. The
// order is always the same, and the body is read whole and judged before anything is asked, so that
// a field that is missing changes nothing.

namespace yett::pipeline {

task<result<http::reply>> show_me(call& c)
{
    // What another issuer calls its users says nothing about ours.
    if (c.context.found.who->issuer != c.services.services.signer.issuer())
        co_return client_error(errc::forbidden, "not a user of ours");
    auto profile = co_await accounts::me(c.services.services, c.context.found.who->subject);
    if (!profile) co_return profile.error();
    co_return profile_reply(*profile);
}

task<result<http::reply>> change_password(call& c)
{
    auto body = co_await fields_of(c);
    if (!body) co_return body.error();
    auto who = session_of(c);
    if (!who) co_return who.error();
    accounts::new_password asked{std::move(*who), body->secret_text("current_password"), body->secret_text("new_password")};
    if (auto fine = require_only(*body, {"current_password", "new_password"}, c.context); !fine) co_return fine.error();

    auto changed = co_await accounts::change_password(c.services.services, std::move(asked), c.services.services.now());
    if (!changed) co_return refused(changed.error(), c.context);
    co_return remembered(c, *changed);
}

task<result<http::reply>> list_sessions(call& c)
{
    auto who = session_of(c);
    if (!who) co_return who.error();
    auto wanted = part_asked(c.ex.where().query());
    if (!wanted) co_return wanted.error();
    auto all =
        co_await accounts::list_sessions(c.services.services, std::move(*who), std::move(*wanted), c.services.services.now());
    if (!all) co_return all.error();
    co_return sessions_reply(*all);
}

task<result<http::reply>> end_session(call& c)
{
    auto who = session_of(c);
    if (!who) co_return who.error();
    std::string id{last_segment(c.ex.where().path())};
    auto ended = co_await accounts::end_session(c.services.services, std::move(*who), std::move(id), c.services.services.now());
    if (!ended) co_return ended.error();
    co_return no_content();
}

task<result<http::reply>> end_other_sessions(call& c)
{
    auto who = session_of(c);
    if (!who) co_return who.error();
    auto ended = co_await accounts::end_other_sessions(c.services.services, std::move(*who), c.services.services.now());
    if (!ended) co_return ended.error();
    co_return no_content();
}

} // namespace yett::pipeline
