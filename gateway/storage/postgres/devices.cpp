#include "gateway/storage/postgres/devices.hpp"

#include "gateway/storage/postgres/database.hpp"
#include "gateway/storage/postgres/user_store.hpp"

#include <set>

namespace yett::storage::postgres {

namespace {

constexpr std::string_view count_known =
    "SELECT count(*), count(*) FILTER (WHERE mark = ANY ($2)) FROM devices WHERE user_id = $1";
constexpr std::string_view upsert_marks =
    "INSERT INTO devices (user_id, mark, seen_at) SELECT $1, mark, $3 FROM unnest($2) AS seen (mark)"
    " ON CONFLICT (user_id, mark) DO UPDATE SET seen_at = excluded.seen_at";
constexpr std::string_view forget_oldest =
    "DELETE FROM devices WHERE user_id = $1 AND mark IN (SELECT mark FROM devices WHERE user_id = $1"
    " ORDER BY seen_at DESC, mark OFFSET 64)";

} // namespace

// Logins of one user take turns here: what is counted is what is changed then.
task<result<accounts::familiarity>> recognise(database& db, accounts::sighting const& seen)
{
    std::set<std::string> const distinct{seen.marks.begin(), seen.marks.end()};
    std::vector<std::string> const marks{distinct.begin(), distinct.end()};
    queue_turn(db, seen.user_id);
    auto const before = co_await db.ask(count_known, seen.user_id, marks);
    if (!before) co_return before.error();
    db.queue(upsert_marks, seen.user_id, marks, seen.now);
    db.queue(forget_oldest, seen.user_id);
    if (before->front().integer(0) == 0) co_return accounts::familiarity::first;
    auto const known = static_cast<std::size_t>(before->front().integer(1));
    co_return known < marks.size() ? accounts::familiarity::strange : accounts::familiarity::familiar;
}

} // namespace yett::storage::postgres
