#include "gateway/storage/redis/sessions/session_rules.hpp"

#include "gateway/accounts/ports/rotation.hpp"
#include "gateway/accounts/ports/session_ends.hpp"

#include <algorithm>
#include <tuple>

namespace yett::storage::redis {

using accounts::revocation;
using accounts::session;

namespace {

// Of one session, for as long as it could last if its end were forgotten.
revocation lasting_end(session const& s)
{
    revocation row;
    row.what = revocation::kind::session_end;
    row.id = accounts::end_of_session(s.id);
    row.at = *s.ended_at;
    row.until = std::max(s.expires_at, s.access_until);
    return row;
}

void end_one(session& s, wall_time now, rows_to_commit& into)
{
    into.told.sessions += is_live(s, now);
    into.told.revocations.push_back(accounts::end(s, now));
    into.rows.push_back(into.told.revocations.back());
}

// Of whatever sessions the user has, known or not.
void end_user(accounts::ending const& asked, milliseconds longest, rows_to_commit& into)
{
    auto const whose = accounts::end_of_user(asked.user_id, asked.except);
    into.rows.push_back({revocation::kind::session_end, whose, asked.now, asked.now + longest});
}

void refuse_tokens(accounts::ending const& asked, rows_to_commit& into)
{
    into.told.revocations.push_back({revocation::kind::subject, asked.user_id, asked.now, asked.until});
    into.rows.push_back(into.told.revocations.back());
}

} // namespace

std::vector<session> surplus_beside(std::vector<session> open, session const& added, std::size_t most)
{
    std::erase_if(open, [&](session const& each) { return each.id == added.id || !is_live(each, added.created_at); });
    std::ranges::sort(open, {}, [](session const& s) { return std::tie(s.last_seen, s.id); });
    auto const stay = std::max<std::size_t>(most, 1) - 1;
    open.resize(open.size() - std::min(stay, open.size()));
    return open;
}

rows_to_commit ends_of(std::vector<session> all, wall_time now)
{
    rows_to_commit done;
    for (auto& each : all) {
        end_one(each, now, done);
        done.rows.push_back(lasting_end(each));
    }
    return done;
}

rows_to_commit end_of_unseen(accounts::ending const& asked, milliseconds longest)
{
    rows_to_commit done;
    done.told.revocations.push_back({revocation::kind::session, asked.session_id, asked.now, asked.until});
    auto const lasting = accounts::end_of_session(asked.session_id);
    done.rows = {done.told.revocations.front(), {revocation::kind::session_end, lasting, asked.now, asked.now + longest}};
    return done;
}

// The row of the user is about those that began before: who began in the same moment, or later by another clock, needs
// one of their own.
rows_to_commit ends_of_all(std::vector<session> open, accounts::ending const& asked, milliseconds longest)
{
    rows_to_commit done;
    auto stays = false;
    for (auto& each : open) {
        if (each.id == asked.except) {
            stays = true;
            continue;
        }
        end_one(each, asked.now, done);
        if (each.created_at >= asked.now) done.rows.push_back(lasting_end(each));
    }
    end_user(asked, longest, done);
    if (!stays) refuse_tokens(asked, done);
    return done;
}

} // namespace yett::storage::redis
