#include "gateway/storage/postgres/session_rows.hpp"

namespace yett::storage::postgres {

namespace {

// A later word about the same thing can only extend it, and is news to those who follow.
constexpr auto or_extend = " ON CONFLICT (kind, id) DO UPDATE SET at = greatest(known.at, excluded.at),"
                           " until = greatest(known.until, excluded.until), xid = pg_current_xact_id()";
std::string const upsert_revocation =
    std::string{"INSERT INTO revocations AS known (kind, id, at, until) VALUES ($1, $2, $3, $4)"} + or_extend;

} // namespace

std::string const& session_columns()
{
    static std::string const names =
        "id, user_id, family, current_hash, previous_hash, successor_salt, rotated_at, created_at, last_seen,"
        " idle_until, expires_at, access_until, ended_at, address, agent, remembered";
    return names;
}

std::string const& select_session()
{
    static std::string const sql = "SELECT " + session_columns() + " FROM sessions";
    return sql;
}

accounts::session read_session(result_row const& of)
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

accounts::revocation read_revocation(result_row const& of)
{
    return {static_cast<accounts::revocation::kind>(of.integer(0)), of.text(1), of.time(2), of.time(3)};
}

std::string revocations_of(std::string const& ended)
{
    return "INSERT INTO revocations AS known (kind, id, at, until) SELECT 0, id, ended_at, access_until FROM " + ended +
           or_extend;
}

void queue_revocation(database& db, accounts::revocation const& known)
{
    db.queue(upsert_revocation, static_cast<std::int64_t>(known.what), known.id, known.at, known.until);
}

} // namespace yett::storage::postgres
