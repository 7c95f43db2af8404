#include "gateway/storage/postgres/session_writes.hpp"

#include "gateway/storage/postgres/session_rows.hpp"
#include "gateway/storage/postgres/user_store.hpp"

#include <algorithm>
#include <array>

namespace yett::storage::postgres {

namespace {

using accounts::device_status;
using accounts::ended;
using accounts::ending;
using accounts::revocation;
using accounts::rotated;
using accounts::rotation;
using accounts::rotation_outcome;

// The rule of accounts/rotation.cpp as one conditional write. A row that somebody else is changing is
// waited for, and the condition is looked at again on what they made of it: so of any number of callers
// on any number of nodes one finds the token current, and the others find it to be the previous one.
// What the row was is told by what it is now: it has ended, or the successor is current, or neither.
//
// $1 family, $2 presented, $3 successor, $4 its salt, $5 now, $6 idle_until, $7 access_until, $8 what
// was rotated before this is no replay, $9 address, $10 agent
std::string const write_rotation =
    "WITH turned AS (UPDATE sessions AS s SET"
    " previous_hash = CASE WHEN s.current_hash = $2 THEN s.current_hash ELSE s.previous_hash END,"
    " current_hash = CASE WHEN s.current_hash = $2 THEN $3 ELSE s.current_hash END,"
    " successor_salt = CASE WHEN s.current_hash = $2 THEN $4 ELSE s.successor_salt END,"
    " rotated_at = CASE WHEN s.current_hash = $2 THEN $5 ELSE s.rotated_at END,"
    " idle_until = CASE WHEN s.current_hash = $2 THEN least(s.expires_at, greatest(s.idle_until, $6)) ELSE s.idle_until END,"
    " last_seen = CASE WHEN good THEN greatest(s.last_seen, $5) ELSE s.last_seen END,"
    " access_until = CASE WHEN good THEN greatest(s.access_until, $7) ELSE s.access_until END,"
    " address = CASE WHEN good THEN $9 ELSE s.address END,"
    " agent = CASE WHEN good THEN $10 ELSE s.agent END,"
    " ended_at = CASE WHEN good THEN NULL ELSE $5 END"
    " FROM users AS u WHERE s.family = $1 AND u.id = s.user_id AND NOT u.disabled"
    " AND s.ended_at IS NULL AND s.idle_until > $5 AND s.expires_at > $5"
    " RETURNING s.id, s.ended_at, s.access_until, s.current_hash),"
    " noted AS (" +
    revocations_of("turned WHERE ended_at IS NOT NULL") +
    ") SELECT CASE WHEN ended_at IS NOT NULL THEN 2 WHEN current_hash = $3 THEN 0 ELSE 1 END::bigint FROM turned";
constexpr std::string_view good = "(s.current_hash = $2 OR (s.previous_hash = $2 AND s.rotated_at >= $8))";

std::string with_condition(std::string sql)
{
    constexpr std::string_view name = "WHEN good THEN";
    for (auto at = sql.find(name); at != sql.npos; at = sql.find(name)) sql.replace(at + 5, 4, good);
    return sql;
}
std::string const rotate_family = with_condition(write_rotation);

std::string const select_with_owner = "SELECT s.*, u.* FROM (SELECT " + session_columns() +
                                      " FROM sessions WHERE family = $1) AS s JOIN (SELECT " + user_columns() +
                                      " FROM users) AS u ON u.id = s.user_id";

// What was ended before keeps its time. The row is locked first, for what it was decides whether it counts.
std::string const end_session =
    "WITH done AS (UPDATE sessions AS s SET ended_at = coalesce(s.ended_at, $3)"
    " FROM (SELECT id, ended_at FROM sessions WHERE id = $1 AND user_id = $2 FOR UPDATE) AS was WHERE s.id = was.id"
    " RETURNING s.id, s.ended_at, s.access_until, was.ended_at IS NULL AND s.idle_until > $3 AND s.expires_at > $3 AS live),"
    " noted AS (" +
    revocations_of("done") + ") SELECT id, ended_at, access_until, live FROM done";
// All that have not ended, whether or not they expired.
std::string const end_open_of_user =
    "WITH done AS (UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL AND id <> $3"
    " RETURNING id, ended_at, access_until, idle_until > $2 AND expires_at > $2 AS live), noted AS (" +
    revocations_of("done") + ") SELECT id, ended_at, access_until, live FROM done ORDER BY id DESC";

// Of the user's live sessions $17 stay, the one that is added not among them, which therefore never counts as
// one used long ago; where any number may stay they are not looked at. Marks that are seen again do not count
// as old ones, and are not looked at when old ones are forgotten. All parts see what was there before.
std::string const admit_session =
    "WITH surplus AS (SELECT id FROM sessions WHERE user_id = $2 AND ended_at IS NULL AND idle_until > $8 AND expires_at > $8"
    " AND $17::bigint < 9223372036854775807 ORDER BY last_seen DESC, id DESC OFFSET $17),"
    " done AS (UPDATE sessions SET ended_at = $8 WHERE id IN (SELECT id FROM surplus) AND ended_at IS NULL"
    " RETURNING id, ended_at, access_until, last_seen),"
    " noted AS (" +
    revocations_of("done") +
    "), seen AS (SELECT count(*) AS known, count(*) FILTER (WHERE mark = ANY ($18)) AS again FROM devices WHERE user_id = $2),"
    " marked AS (INSERT INTO devices (user_id, mark, seen_at) SELECT $2, mark, $8 FROM unnest($18) AS now (mark)"
    " ON CONFLICT (user_id, mark) DO UPDATE SET seen_at = excluded.seen_at),"
    " forgotten AS (DELETE FROM devices WHERE user_id = $2 AND mark IN (SELECT mark FROM devices"
    " WHERE user_id = $2 AND mark <> ALL ($18) ORDER BY seen_at DESC, mark OFFSET greatest(0, 64 - cardinality($18)))),"
    " begun AS (INSERT INTO sessions (id, user_id, family, current_hash, previous_hash, successor_salt, rotated_at, created_at,"
    " last_seen, idle_until, expires_at, access_until, ended_at, address, agent, remembered)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16))"
    " SELECT done.id, done.ended_at, done.access_until, done.id IS NOT NULL, seen.known, seen.again"
    " FROM seen LEFT JOIN done ON true ORDER BY done.last_seen, done.id";

// Of rows that tell id, ended_at, access_until and whether it was live.
void note_end(result_row const& of, ended& done)
{
    done.revocations.push_back({revocation::kind::session, of.text(0), of.time(1), of.time(2)});
    done.sessions += of.flag(3);
}

ended read_ends(rows const& told)
{
    ended done;
    for (int i = 0; i < told.size(); ++i) note_end(told.at(i), done);
    return done;
}

// The session as it is now; the outcome is missing where nothing was changed.
rotated what_became(rows const& outcome, rows const& now)
{
    rotated done;
    if (now.empty()) return done;
    done.session = read_session(now.front());
    done.owner = read_user(now.front(), session_width);
    constexpr std::array outcomes{rotation_outcome::rotated, rotation_outcome::replayed, rotation_outcome::reused};
    done.outcome = outcome.empty() ? rotation_outcome::ended : outcomes.at(static_cast<std::size_t>(outcome.front().integer(0)));
    return done;
}

device_status device_status_of(result_row const& counted, std::size_t marks)
{
    if (counted.integer(4) == 0) return device_status::first;
    return static_cast<std::size_t>(counted.integer(5)) < marks ? device_status::strange : device_status::familiar;
}

void queue_admission(database& db, accounts::session const& s, std::int64_t stay, std::vector<std::string> const& marks)
{
    db.queue(admit_session, s.id, s.user_id, s.family, s.current_hash, s.previous_hash, bytes{s.successor_salt}, s.rotated_at,
             s.created_at, s.last_seen, s.idle_until, s.expires_at, s.access_until, s.ended_at, s.from.address,
             bytes{s.from.agent}, s.remembered, stay, marks);
}

std::vector<std::string> distinct(std::vector<std::string> marks)
{
    std::ranges::sort(marks);
    auto const twice = std::ranges::unique(marks);
    marks.erase(twice.begin(), twice.end());
    return marks;
}

} // namespace

task<result<rotated>> rotate(database& db, rotation const& asked)
{
    db.queue(rotate_family, asked.family, asked.presented_hash, asked.successor_hash, bytes{asked.successor_salt}, asked.now,
             asked.idle_until, asked.access_until, asked.now - asked.grace, asked.from.address, bytes{asked.from.agent});
    db.queue(select_with_owner, asked.family);
    auto const told = co_await db.finish();
    if (!told) co_return told.error();
    co_return what_became(told->front(), told->back());
}

task<result<ended>> end_one(database& db, ending const& asked)
{
    db.queue(end_session, asked.session_id, asked.user_id, asked.now);
    auto const told = co_await db.finish();
    if (!told) co_return told.error();
    if (told->front().empty()) co_return errc::not_found;
    co_return read_ends(told->front());
}

// A login that comes meanwhile waits for its turn, and lives on.
task<result<ended>> end_all(database& db, ending const& asked)
{
    revocation const epoch{revocation::kind::subject, asked.user_id, asked.now, asked.until};
    queue_turn(db, asked.user_id);
    db.queue(end_open_of_user, asked.user_id, asked.now, asked.except);
    if (asked.except.empty()) queue_revocation(db, epoch);
    auto const told = co_await db.finish();
    if (!told) co_return told.error();
    auto done = read_ends((*told)[1]);
    if (asked.except.empty()) done.revocations.push_back(epoch);
    co_return done;
}

// Logins of one user take turns: what is counted is what is changed then, and the owner is as they
// are left by whoever changed them before.
task<result<accounts::admitted>> admit(database& db, accounts::arrival const& asked)
{
    auto const marks = distinct(asked.marks);
    queue_turn(db, asked.session.user_id);
    queue_admission(db, asked.session, row_limit(std::max<std::size_t>(asked.most, 1) - 1), marks);
    auto const told = co_await db.finish();
    if (!told) co_return told.error();
    accounts::admitted done;
    done.owner = read_user(told->front().front());
    done.known = device_status_of(told->back().front(), marks.size());
    auto const none = told->back().front().flag(3) == false;
    if (!none) done.displaced = read_ends(told->back());
    co_return done;
}

} // namespace yett::storage::postgres
