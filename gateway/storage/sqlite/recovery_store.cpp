#include "gateway/storage/sqlite/recovery_store.hpp"

#include "gateway/storage/sqlite/connections.hpp"
#include "gateway/storage/sqlite/database/alone.hpp"

// What `yett recover` does to a file from a backup. The last moment is the latest in any column
// that is written when something happens; moments beyond now are left out, as a clock that once ran
// ahead would hide the truth. Everything is voided in parts, so that no transaction grows with the
// store.

namespace yett::storage::sqlite {

namespace {

using accounts::voided;

constexpr std::string_view select_last = "SELECT max(moment) FROM ("
                                         "SELECT max(created_at) AS moment FROM users WHERE created_at <= ?1"
                                         " UNION ALL SELECT max(password_changed_at) FROM users WHERE password_changed_at <= ?1"
                                         " UNION ALL SELECT max(last_seen) FROM sessions WHERE last_seen <= ?1"
                                         " UNION ALL SELECT max(ended_at) FROM sessions WHERE ended_at <= ?1"
                                         " UNION ALL SELECT max(at) FROM revocations WHERE at <= ?1"
                                         " UNION ALL SELECT max(seen_at) FROM devices WHERE seen_at <= ?1"
                                         " UNION ALL SELECT max(posted_at) FROM letters WHERE posted_at <= ?1"
                                         " UNION ALL SELECT max(closed_at) FROM letters WHERE closed_at <= ?1"
                                         " UNION ALL SELECT max(created_at) FROM links WHERE created_at <= ?1"
                                         " UNION ALL SELECT max(created_at) FROM api_keys WHERE created_at <= ?1"
                                         " UNION ALL SELECT max(last_used) FROM api_keys WHERE last_used <= ?1)";
constexpr std::string_view end_sessions =
    "UPDATE sessions SET ended_at = ?1 WHERE id IN (SELECT id FROM sessions WHERE ended_at IS NULL LIMIT ?2) RETURNING 1";
constexpr std::string_view forget_links =
    "DELETE FROM links WHERE hash IN (SELECT hash FROM links WHERE ?1 = ?1 LIMIT ?2) RETURNING 1";
constexpr std::string_view give_letters_up =
    "UPDATE letters SET recipient = '', languages = '', token = '', address = '', agent = '', outcome = 1, closed_at = ?1"
    " WHERE id IN (SELECT id FROM letters WHERE closed_at IS NULL LIMIT ?2) RETURNING 1";

result<std::optional<wall_time>> find_last(database& db, wall_time now)
{
    auto row = db.prepare(select_last);
    if (!row.bind(now).step()) return row.failure_or(errc::internal);
    return row.time_or_null(0);
}

result<void> count(database& db, std::string_view sql, wall_time now, std::size_t limit, std::size_t& into)
{
    auto row = db.prepare(sql);
    row.bind(now, static_cast<std::int64_t>(limit));
    while (row.step()) ++into;
    if (row.failed()) return row.failure_or(errc::internal);
    return {};
}

result<voided> void_rows(database& db, wall_time now, std::size_t limit)
{
    voided done;
    auto failed = count(db, end_sessions, now, limit, done.sessions);
    if (failed) failed = count(db, forget_links, now, limit, done.links);
    if (failed) failed = count(db, give_letters_up, now, limit, done.letters);
    if (!failed) return failed.error();
    return done;
}

class recovery_store final : public accounts::recovery_store
{
public:
    explicit recovery_store(std::string const& path) : connections_{path} {}

    task<result<std::optional<wall_time>>> last_moment(wall_time now) override
    {
        auto work = [now](database& db) { return find_last(db, now); };
        co_return co_await connections_.read(std::move(work));
    }

    task<result<voided>> void_some(wall_time now, std::size_t limit) override
    {
        auto work = [now, limit](database& db) { return void_rows(db, now, limit); };
        co_return co_await connections_.write(std::move(work));
    }

private:
    connections connections_;
};

} // namespace

std::unique_ptr<accounts::recovery_store> make_recovery_store(std::string const& path)
{
    return std::make_unique<recovery_store>(path);
}

// Asks by taking the file for itself and letting go again.
bool is_open_elsewhere(std::string const& path)
{
    database db{path, database::use::write};
    return !keep_to_oneself(db);
}

} // namespace yett::storage::sqlite
