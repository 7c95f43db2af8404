#include "gateway/storage/postgres/copies/recovery_store.hpp"

#include "gateway/storage/postgres/connections.hpp"

#include <array>

// What `yett recover` asks of a store that came from a backup. How late the backup is can only be
// told from the moments in it: each of these columns is written with the time of some event, so the
// latest of all is the last thing it knows of. Moments beyond `now` are left out, since a clock
// that once ran ahead would hide the truth.

namespace yett::storage::postgres {

namespace {

using accounts::voided;

// One after the other, for each may take as long as a statement may take.
constexpr std::array<std::string_view, 11> last_moments{
    "SELECT max(created_at) FROM users WHERE created_at <= $1",
    "SELECT max(password_changed_at) FROM users WHERE password_changed_at <= $1",
    "SELECT max(last_seen) FROM sessions WHERE last_seen <= $1",
    "SELECT max(ended_at) FROM sessions WHERE ended_at <= $1",
    "SELECT max(at) FROM revocations WHERE at <= $1",
    "SELECT max(seen_at) FROM devices WHERE seen_at <= $1",
    "SELECT max(posted_at) FROM letters WHERE posted_at <= $1",
    "SELECT max(closed_at) FROM letters WHERE closed_at <= $1",
    "SELECT max(created_at) FROM links WHERE created_at <= $1",
    "SELECT max(created_at) FROM api_keys WHERE created_at <= $1",
    "SELECT max(last_used) FROM api_keys WHERE last_used <= $1",
};
constexpr std::string_view end_sessions =
    "UPDATE sessions SET ended_at = $1 WHERE id IN (SELECT id FROM sessions WHERE ended_at IS NULL LIMIT $2)";
constexpr std::string_view forget_links = "DELETE FROM links WHERE hash IN (SELECT hash FROM links LIMIT $1)";
constexpr std::string_view give_letters_up =
    "UPDATE letters SET recipient = '', languages = '', token = '', address = '', agent = '', outcome = 1, closed_at = $1"
    " WHERE id IN (SELECT id FROM letters WHERE closed_at IS NULL LIMIT $2)";

task<result<std::optional<wall_time>>> find_last(database& db, std::string_view sql, wall_time now)
{
    auto const told = co_await db.ask(sql, now);
    if (!told) co_return told.error();
    co_return told->front().time_or_null(0);
}

task<result<voided>> void_rows(database& db, wall_time now, std::size_t limit)
{
    db.queue(end_sessions, now, row_limit(limit));
    db.queue(forget_links, row_limit(limit));
    db.queue(give_letters_up, now, row_limit(limit));
    auto const told = co_await db.flush();
    if (!told) co_return told.error();
    voided done;
    done.sessions = told->at(0).changed();
    done.links = told->at(1).changed();
    done.letters = told->at(2).changed();
    co_return done;
}

class recovery_store final : public accounts::recovery_store
{
public:
    explicit recovery_store(options by) : connections_{with_one_connection(std::move(by))} {}

    task<result<std::optional<wall_time>>> last_moment(wall_time now) override
    {
        std::optional<wall_time> last;
        for (auto const& each : last_moments) {
            auto work = [each, now](database& db) { return find_last(db, each, now); };
            auto const found = co_await connections_.read(std::move(work));
            if (!found) co_return found.error();
            last = std::max(last, *found);
        }
        co_return last;
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

std::unique_ptr<accounts::recovery_store> make_recovery_store(options by)
{
    return std::make_unique<recovery_store>(std::move(by));
}

} // namespace yett::storage::postgres
