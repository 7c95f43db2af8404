#include "gateway/management/session_verbs.hpp"

#include "gateway/accounts/issue.hpp"
#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/accounts/revoke.hpp"
#include "gateway/accounts/users/service_account.hpp"
#include "gateway/base/text/rfc3339.hpp"
#include "gateway/management/find_user.hpp"
#include "gateway/management/page.hpp"

#include <fmt/format.h>

// Sessions as operators see and end them. Both ways of ending go through `end_and_revoke`: the
// store first, then the caches of this node, which is what makes "at once" true.

namespace yett::management {
namespace {

boost::json::object row_of(accounts::session const& s)
{
    boost::json::object row;
    row["id"] = s.id;
    row["user_id"] = s.user_id;
    row["address"] = s.from.address;
    row["agent"] = s.from.agent;
    row["created_at"] = rfc3339(s.created_at);
    row["last_seen"] = rfc3339(s.last_seen);
    row["until"] = rfc3339(s.idle_until);
    return row;
}

task<answer> sessions_of(context const& ctx, std::string const& who, accounts::session_page wanted)
{
    auto const owner = co_await find_user(ctx, who);
    if (!owner) co_return owner.error();
    auto const live = co_await ctx.services.sessions.list(owner->id, wanted);
    if (!live) co_return live.error();
    co_return page_of(*live, row_of, wanted.limit);
}

// Asked for a session that is over already, it says so and is no failure: what was wanted holds.
task<answer> end_one(context const& ctx, std::string const& id, actor const& caller)
{
    auto const found = co_await ctx.services.sessions.find(id);
    if (!found && found.error() == errc::not_found) co_return client_error(errc::not_found, "there is no session " + id);
    if (!found) co_return found.error();
    accounts::ending wanted;
    wanted.user_id = found->user_id;
    wanted.session_id = id;
    wanted.now = caller.now;
    auto const done = co_await accounts::end_and_revoke(ctx.services, std::move(wanted));
    if (!done) co_return done.error();
    report(ctx, "session_ended", found->user_id, caller);
    boost::json::object said;
    said["message"] = done->sessions ? "the session has ended" : "the session had ended before";
    said["ended"] = done->sessions;
    co_return said;
}

} // namespace

task<result<std::size_t>> end_all_sessions(context const& ctx, std::string const& user_id, wall_time now)
{
    accounts::ending wanted;
    wanted.user_id = user_id;
    wanted.now = now;
    wanted.until = accounts::access_until(ctx.services.rules, now);
    auto const done = co_await accounts::end_and_revoke(ctx.services, std::move(wanted));
    if (!done) co_return done.error();
    co_return done->sessions;
}

task<answer> list_sessions(context const& ctx, arguments& asked, actor const& caller)
{
    auto const who = asked.optional_text("user");
    auto const wanted = page_asked(asked);
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    accounts::session_page const page{wanted.after, wanted.limit, caller.now};
    if (who) co_return co_await sessions_of(ctx, *who, page);
    auto const live = co_await ctx.services.sessions.list_all(page);
    if (!live) co_return live.error();
    co_return page_of(*live, row_of, wanted.limit);
}

task<answer> end_sessions(context const& ctx, arguments& asked, actor const& caller)
{
    auto const id = asked.optional_text("session");
    auto const who = asked.optional_text("user");
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    if (id.has_value() == who.has_value()) co_return client_error(errc::bad_request, "a session or a user is wanted");
    if (id) co_return co_await end_one(ctx, *id, caller);
    auto const owner = co_await find_user(ctx, *who);
    if (!owner) co_return owner.error();
    auto const ended = co_await end_all_sessions(ctx, owner->id, caller.now);
    if (!ended) co_return ended.error();
    report(ctx, "sessions_ended", owner->id, caller);
    boost::json::object said;
    said["message"] = fmt::format("{} sessions of {} have ended", *ended, accounts::handle_of(*owner));
    said["ended"] = *ended;
    co_return said;
}

} // namespace yett::management
