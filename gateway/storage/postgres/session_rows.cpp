#include "gateway/storage/postgres/session_rows.hpp"

namespace yett::storage::postgres {

namespace {

constexpr std::string_view insert_session =
    "INSERT INTO sessions (id, user_id, family, current_hash, previous_hash, successor_salt, rotated_at, created_at,"
    " last_seen, idle_until, expires_at, access_until, ended_at, address, agent, remembered)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
constexpr std::string_view update_session =
    "UPDATE sessions SET current_hash = $2, previous_hash = $3, successor_salt = $4, rotated_at = $5, last_seen = $6,"
    " idle_until = $7, access_until = $8, ended_at = $9, address = $10, agent = $11 WHERE id = $1";
// A later word about the same thing can only extend it, and is news to those who follow.
constexpr std::string_view upsert_revocation =
    "INSERT INTO revocations AS known (kind, id, at, until) VALUES ($1, $2, $3, $4) ON CONFLICT (kind, id)"
    " DO UPDATE SET at = greatest(known.at, excluded.at), until = greatest(known.until, excluded.until),"
    " xid = pg_current_xact_id()";

} // namespace

std::string const& select_session()
{
    static std::string const sql =
        "SELECT id, user_id, family, current_hash, previous_hash, successor_salt, rotated_at, created_at, last_seen,"
        " idle_until, expires_at, access_until, ended_at, address, agent, remembered FROM sessions";
    return sql;
}

accounts::session read_session(row const& of)
{
    accounts::session found;
    found.id = of.text(0);
    found.user_id = of.text(1);
    found.family = of.text(2);
    found.current_hash = of.text(3);
    found.previous_hash = of.text(4);
    found.successor_salt = of.text(5);
    found.rotated_at = of.time(6);
    found.created_at = of.time(7);
    found.last_seen = of.time(8);
    found.idle_until = of.time(9);
    found.expires_at = of.time(10);
    found.access_until = of.time(11);
    found.ended_at = of.time_or_null(12);
    found.from.address = of.text(13);
    found.from.agent = of.text(14);
    found.remembered = of.flag(15);
    return found;
}

accounts::revocation read_revocation(row const& of)
{
    return {static_cast<accounts::revocation::kind>(of.integer(0)), of.text(1), of.time(2), of.time(3)};
}

void queue_insertion(database& db, accounts::session const& s)
{
    db.queue(insert_session, s.id, s.user_id, s.family, s.current_hash, s.previous_hash, bytes{s.successor_salt}, s.rotated_at,
             s.created_at, s.last_seen, s.idle_until, s.expires_at, s.access_until, s.ended_at, s.from.address,
             bytes{s.from.agent}, s.remembered);
}

void queue_update(database& db, accounts::session const& s)
{
    db.queue(update_session, s.id, s.current_hash, s.previous_hash, bytes{s.successor_salt}, s.rotated_at, s.last_seen,
             s.idle_until, s.access_until, s.ended_at, s.from.address, bytes{s.from.agent});
}

void queue_revocation(database& db, accounts::revocation const& known)
{
    db.queue(upsert_revocation, static_cast<std::int64_t>(known.what), known.id, known.at, known.until);
}

} // namespace yett::storage::postgres
