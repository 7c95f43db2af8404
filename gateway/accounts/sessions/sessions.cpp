#include "gateway/accounts/sessions/sessions.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/audit_line.hpp"
#include "gateway/accounts/revoke.hpp"

namespace yett::accounts {

namespace {

audit_event about(std::string_view name, caller const& who, std::string_view session)
{
    audit_event event;
    event.name = name;
    event.user_id = who.user_id;
    event.session = session;
    return event;
}

} // namespace

// One more is asked for than wanted, which says whether there is another part.
task<result<signed_in_page>> list_sessions(account_services const& services, caller who, part wanted, wall_time now)
{
    session_page asked;
    asked.after = std::move(wanted.after);
    asked.limit = wanted.limit + 1;
    asked.now = now;
    auto live = co_await services.sessions.list(who.user_id, std::move(asked));
    if (!live) co_return live.error();
    signed_in_page page;
    if (live->size() > wanted.limit) {
        live->resize(wanted.limit);
        page.next = live->back().id;
    }
    for (auto const& each : *live)
        page.lines.push_back({each.id, each.from, each.created_at, each.last_seen, each.idle_until, each.id == who.session});
    co_return page;
}

task<result<void>> end_session(account_services const& services, caller who, std::string id, wall_time now)
{
    // An empty id would mean all of them.
    if (id.empty()) co_return errc::not_found;
    ending wanted;
    wanted.user_id = who.user_id;
    wanted.session_id = id;
    wanted.now = now;
    auto const done = co_await end_and_revoke(services, std::move(wanted));
    if (!done) co_return done.error();
    report(services, about("session_ended", who, id), who.from, now);
    co_return result<void>{};
}

task<result<std::size_t>> end_other_sessions(account_services const& services, caller who, wall_time now)
{
    auto const done = co_await end_sessions(services, who.user_id, who.session, now);
    if (!done) co_return done.error();
    report(services, about("other_sessions_ended", who, who.session), who.from, now);
    co_return done->sessions;
}

} // namespace yett::accounts
