#include "gateway/management/session_verbs.hpp"

#include "gateway/accounts/issue.hpp"
#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/accounts/revoke.hpp"
#include "gateway/accounts/users/service_account.hpp"
#include "gateway/base/text/rfc3339.hpp"
#include "gateway/management/find_user.hpp"
#include "gateway/management/page.hpp"

#include <fmt/format.h>

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

task<answer> sessions_of(office const& at, std::string const& who, accounts::session_page wanted)
{
    auto const owner = co_await find_user(at, who);
    if (!owner) co_return owner.error();
    auto const live = co_await at.desk.sessions.list(owner->id, wanted);
    if (!live) co_return live.error();
    co_return page_of(*live, row_of, wanted.limit);
}

task<answer> end_one(office const& at, std::string const& id, occasion const& when)
{
    auto const found = co_await at.desk.sessions.find(id);
    if (!found && found.error() == errc::not_found) co_return client_error(errc::not_found, "there is no session " + id);
    if (!found) co_return found.error();
    accounts::ending wanted;
    wanted.user_id = found->user_id;
    wanted.session_id = id;
    wanted.now = when.now;
    auto const done = co_await accounts::end_and_revoke(at.desk, std::move(wanted));
    if (!done) co_return done.error();
    report(at, "session_ended", found->user_id, when);
    boost::json::object said;
    said["message"] = done->sessions ? "the session has ended" : "the session had ended before";
    said["ended"] = done->sessions;
    co_return said;
}

} // namespace

task<result<std::size_t>> end_all_sessions(office const& at, std::string const& user_id, wall_time now)
{
    accounts::ending wanted;
    wanted.user_id = user_id;
    wanted.now = now;
    wanted.until = accounts::access_until(at.desk.rules, now);
    auto const done = co_await accounts::end_and_revoke(at.desk, std::move(wanted));
    if (!done) co_return done.error();
    co_return done->sessions;
}

task<answer> list_sessions(office const& at, order& asked, occasion const& when)
{
    auto const who = asked.optional_text("user");
    auto const wanted = page_asked(asked);
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    accounts::session_page const page{wanted.after, wanted.limit, when.now};
    if (who) co_return co_await sessions_of(at, *who, page);
    auto const live = co_await at.desk.sessions.list_all(page);
    if (!live) co_return live.error();
    co_return page_of(*live, row_of, wanted.limit);
}

task<answer> end_sessions(office const& at, order& asked, occasion const& when)
{
    auto const id = asked.optional_text("session");
    auto const who = asked.optional_text("user");
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    if (id.has_value() == who.has_value()) co_return client_error(errc::bad_request, "a session or a user is wanted");
    if (id) co_return co_await end_one(at, *id, when);
    auto const owner = co_await find_user(at, *who);
    if (!owner) co_return owner.error();
    auto const ended = co_await end_all_sessions(at, owner->id, when.now);
    if (!ended) co_return ended.error();
    report(at, "sessions_ended", owner->id, when);
    boost::json::object said;
    said["message"] = fmt::format("{} sessions of {} have ended", *ended, accounts::handle_of(*owner));
    said["ended"] = *ended;
    co_return said;
}

} // namespace yett::management
