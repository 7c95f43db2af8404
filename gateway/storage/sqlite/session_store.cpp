#include "gateway/storage/sqlite/session_store.hpp"

#include "gateway/accounts/ports/rotation.hpp"
#include "gateway/storage/sqlite/connections.hpp"
#include "gateway/storage/sqlite/user_store.hpp"

#include <algorithm>
#include <limits>

// Sessions in SQLite. All writes run on one thread, one after the other, so a method may read,
// decide by the rules of accounts/ports and write, and nobody comes between; each is one
// transaction, or a savepoint in one that several share.
//
// Sessions that ended or expired stay until no access token of theirs can be good any more:
// refreshing with an old token has to find them, in order to say "ended" instead of "unknown".

namespace yett::storage::sqlite {

namespace {

using accounts::ended;
using accounts::ending;
using accounts::revocation;
using accounts::rotated;
using accounts::rotation;
using accounts::rotation_outcome;
using accounts::session;

constexpr std::string_view insert_session =
    "INSERT INTO sessions (id, user_id, family, current_hash, previous_hash, successor_salt, rotated_at, created_at,"
    " last_seen, idle_until, expires_at, access_until, ended_at, address, agent, remembered)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
// What a rotation, a replay or an end can change.
constexpr std::string_view update_session =
    "UPDATE sessions SET current_hash = ?2, previous_hash = ?3, successor_salt = ?4, rotated_at = ?5, last_seen = ?6,"
    " idle_until = ?7, access_until = ?8, ended_at = ?9, address = ?10, agent = ?11 WHERE id = ?1";

std::string const select_session =
    "SELECT id, user_id, family, current_hash, previous_hash, successor_salt, rotated_at, created_at, last_seen,"
    " idle_until, expires_at, access_until, ended_at, address, agent, remembered FROM sessions";
std::string const select_by_id = select_session + " WHERE id = ?1";
std::string const select_by_family = select_session + " WHERE family = ?1";
std::string const select_by_user = select_session + " WHERE user_id = ?1 AND ended_at IS NULL ORDER BY id DESC";
std::string const select_live_of_user = select_session +
                                        " WHERE user_id = ?1 AND ended_at IS NULL AND idle_until > ?2 AND expires_at > ?2"
                                        " AND (?3 = '' OR id < ?3) ORDER BY id DESC LIMIT ?4";
// Those that are too many when `most` of them may stay.
std::string const select_surplus = select_session +
                                   " WHERE id IN (SELECT id FROM sessions WHERE user_id = ?1 AND ended_at IS NULL"
                                   " AND idle_until > ?2 AND expires_at > ?2 ORDER BY last_seen DESC, id DESC LIMIT -1 OFFSET ?3)"
                                   " ORDER BY last_seen, id";
std::string const select_live_page = select_session +
                                     " WHERE id > ?1 AND ended_at IS NULL AND idle_until > ?2 AND expires_at > ?2"
                                     " ORDER BY id LIMIT ?3";

// A later word about the same thing can only extend it.
constexpr std::string_view upsert_revocation =
    "INSERT INTO revocations (kind, id, at, until) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (kind, id)"
    " DO UPDATE SET at = max(at, excluded.at), until = max(until, excluded.until)";

session read_session(statement const& row)
{
    session found;
    found.id = row.text(0);
    found.user_id = row.text(1);
    found.family = row.text(2);
    found.current_hash = row.text(3);
    found.previous_hash = row.text(4);
    found.successor_salt = row.text(5);
    found.rotated_at = row.time(6);
    found.created_at = row.time(7);
    found.last_seen = row.time(8);
    found.idle_until = row.time(9);
    found.expires_at = row.time(10);
    found.access_until = row.time(11);
    found.ended_at = row.time_or_null(12);
    found.from.address = row.text(13);
    found.from.agent = row.text(14);
    found.remembered = row.flag(15);
    return found;
}

result<void> insert(database& db, session const& s)
{
    auto row = db.prepare(insert_session);
    row.bind(s.id, s.user_id, s.family, s.current_hash, s.previous_hash, blob{s.successor_salt}, s.rotated_at, s.created_at,
             s.last_seen, s.idle_until, s.expires_at, s.access_until, s.ended_at, s.from.address, s.from.agent, s.remembered);
    return row.run();
}

result<void> update(database& db, session const& s)
{
    auto row = db.prepare(update_session);
    row.bind(s.id, s.current_hash, s.previous_hash, blob{s.successor_salt}, s.rotated_at, s.last_seen, s.idle_until,
             s.access_until, s.ended_at, s.from.address, s.from.agent);
    return row.run();
}

result<std::vector<session>> select_all(database& db, accounts::session_page const& asked)
{
    auto row = db.prepare(select_live_page);
    return row.bind(asked.after, asked.now, static_cast<std::int64_t>(asked.limit)).rows(read_session);
}

result<session> select(database& db, std::string_view sql, std::string const& key)
{
    auto row = db.prepare(sql);
    if (!row.bind(key).step()) return row.failure_or(errc::not_found);
    return read_session(row);
}

// Sessions of a user that have not ended, whether or not they expired.
result<std::vector<session>> select_open(database& db, std::string const& user_id)
{
    auto row = db.prepare(select_by_user);
    return row.bind(user_id).rows(read_session);
}

// A session that is over is not written: nothing about it may change. A token that was used twice
// ends the session, and the revocation is in the same transaction.
result<rotated> exchange(database& db, rotation const& asked)
{
    rotated done;
    auto found = select(db, select_by_family, asked.family);
    if (!found) {
        if (found.error() == errc::not_found) return done;
        return found.error();
    }
    auto owner = find_user(db, found->user_id);
    if (!owner) return owner.error();
    done.session = std::move(*found);
    done.owner = std::move(*owner);
    done.outcome = done.owner.disabled ? rotation_outcome::ended : apply(asked, done.session);
    if (done.outcome == rotation_outcome::ended) return done;
    if (auto kept = update(db, done.session); !kept) return kept.error();
    if (done.outcome != rotation_outcome::reused) return done;
    if (auto kept = remember(db, accounts::end(done.session, asked.now)); !kept) return kept.error();
    return done;
}

result<void> finish(database& db, session& s, ending const& asked, ended& done)
{
    done.sessions += is_live(s, asked.now);
    done.revocations.push_back(accounts::end(s, asked.now));
    if (auto kept = update(db, s); !kept) return kept;
    return remember(db, done.revocations.back());
}

std::int64_t row_limit(std::size_t most)
{
    return static_cast<std::int64_t>(std::min<std::size_t>(most, std::numeric_limits<std::int64_t>::max()));
}

// The one that is added comes last, so that it never counts as one used long ago.
result<ended> add_within(database& db, session const& added, std::size_t most)
{
    auto surplus = db.prepare(select_surplus);
    auto found = surplus.bind(added.user_id, added.created_at, row_limit(std::max<std::size_t>(most, 1) - 1)).rows(read_session);
    if (!found) return found.error();
    ending why;
    why.now = added.created_at;
    ended done;
    for (auto& each : *found)
        if (auto kept = finish(db, each, why, done); !kept) return kept.error();
    if (auto kept = insert(db, added); !kept) return kept.error();
    return done;
}

result<ended> end_one(database& db, ending const& asked)
{
    auto found = select(db, select_by_id, asked.session_id);
    if (!found) return found.error();
    if (found->user_id != asked.user_id) return errc::not_found;
    ended done;
    if (auto kept = finish(db, *found, asked, done); !kept) return kept.error();
    return done;
}

result<ended> end_all(database& db, ending const& asked)
{
    auto open = select_open(db, asked.user_id);
    if (!open) return open.error();
    ended done;
    for (auto& each : *open) {
        if (each.id == asked.except) continue;
        if (auto kept = finish(db, each, asked, done); !kept) return kept.error();
    }
    if (!asked.except.empty()) return done;
    revocation const epoch{revocation::kind::subject, asked.user_id, asked.now, asked.until};
    if (auto kept = remember(db, epoch); !kept) return kept.error();
    done.revocations.push_back(epoch);
    return done;
}

// How many of the marks are new; each is remembered as seen now.
result<std::size_t> remember_marks(database& db, accounts::arrival const& seen)
{
    auto const& [begun, most, marks] = seen;
    std::size_t added = 0;
    for (auto const& mark : marks) {
        auto again = db.prepare("UPDATE devices SET seen_at = ?3 WHERE user_id = ?1 AND mark = ?2 RETURNING 1");
        auto const known = again.bind(begun.user_id, mark, begun.created_at).step();
        if (again.failed()) return again.failure_or(errc::internal);
        if (known) continue;
        ++added;
        auto row = db.prepare("INSERT INTO devices (user_id, mark, seen_at) VALUES (?1, ?2, ?3)");
        if (auto done = row.bind(begun.user_id, mark, begun.created_at).run(); !done) return done.error();
    }
    return added;
}

result<accounts::device_status> recognise(database& db, accounts::arrival const& seen)
{
    auto any = db.prepare("SELECT count(*) FROM devices WHERE user_id = ?1");
    if (!any.bind(seen.session.user_id).step()) return any.failure_or(errc::internal);
    auto const before = any.integer(0);
    auto const added = remember_marks(db, seen);
    if (!added) return added.error();
    auto surplus = db.prepare("DELETE FROM devices WHERE user_id = ?1 AND mark IN (SELECT mark FROM devices"
                              " WHERE user_id = ?1 ORDER BY seen_at DESC LIMIT -1 OFFSET 64)");
    if (auto done = surplus.bind(seen.session.user_id).run(); !done) return done.error();
    if (before == 0) return accounts::device_status::first;
    return *added ? accounts::device_status::strange : accounts::device_status::familiar;
}

result<accounts::admitted> admit(database& db, accounts::arrival const& asked)
{
    accounts::admitted done;
    auto displaced = add_within(db, asked.session, asked.most);
    if (!displaced) return displaced.error();
    auto const known = recognise(db, asked);
    if (!known) return known.error();
    auto owner = find_user(db, asked.session.user_id);
    if (!owner) return owner.error();
    done.displaced = std::move(*displaced);
    done.known = *known;
    done.owner = std::move(*owner);
    return done;
}

result<std::vector<session>> select_live(database& db, std::string const& user_id, accounts::session_page const& asked)
{
    auto row = db.prepare(select_live_of_user);
    return row.bind(user_id, asked.now, asked.after, row_limit(asked.limit)).rows(read_session);
}

constexpr std::int64_t page_size = 1000;

// The next page behind (kind, id), in the order of the primary key. Those of kind 5 are for session_ends.
result<std::vector<revocation>> select_page(database& db, revocation const& behind, wall_time now)
{
    auto row = db.prepare("SELECT kind, id, at, until FROM revocations"
                          " WHERE (kind, id) > (?1, ?2) AND kind < 5 AND until > ?3 ORDER BY kind, id LIMIT ?4");
    row.bind(static_cast<std::int64_t>(behind.what), behind.id, now, page_size);
    return row.rows([](statement const& one) {
        return revocation{static_cast<revocation::kind>(one.integer(0)), one.text(1), one.time(2), one.time(3)};
    });
}

// Deletes by a statement that names what it deleted, and counts.
result<std::size_t> erase(database& db, std::string_view sql, wall_time now, std::size_t limit)
{
    auto row = db.prepare(sql);
    row.bind(now, static_cast<std::int64_t>(limit));
    std::size_t gone = 0;
    while (row.step()) ++gone;
    if (row.failed()) return row.failure_or(errc::internal);
    return gone;
}

result<std::size_t> forget(database& db, wall_time now, std::size_t limit)
{
    auto sessions = erase(db,
                          "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE access_until <= ?1"
                          " AND (ended_at IS NOT NULL OR idle_until <= ?1) LIMIT ?2) RETURNING 1",
                          now, limit);
    if (!sessions) return sessions;
    auto revocations = erase(db,
                             "DELETE FROM revocations WHERE (kind, id) IN (SELECT kind, id FROM revocations"
                             " WHERE until <= ?1 LIMIT ?2) RETURNING 1",
                             now, limit);
    if (!revocations) return revocations;
    return *sessions + *revocations;
}

class sessions final : public accounts::session_store
{
public:
    explicit sessions(std::shared_ptr<connections> shared) : shared_{std::move(shared)} {}

    task<result<accounts::admitted>> admit(accounts::arrival const& asked) override
    {
        auto work = [asked](database& db) { return sqlite::admit(db, asked); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<session>> find(std::string_view id) override
    {
        auto work = [key = std::string{id}](database& db) { return select(db, select_by_id, key); };
        co_return co_await shared_->read(std::move(work));
    }

    task<result<session>> find_by_family(std::string_view family) override
    {
        auto work = [key = std::string{family}](database& db) { return select(db, select_by_family, key); };
        co_return co_await shared_->read(std::move(work));
    }

    task<result<rotated>> rotate(rotation const& asked) override
    {
        auto work = [asked](database& db) { return exchange(db, asked); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<ended>> end(ending const& asked) override
    {
        auto work = [asked](database& db) { return asked.session_id.empty() ? end_all(db, asked) : end_one(db, asked); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<void>> revoke(revocation const& wanted) override
    {
        auto work = [wanted](database& db) { return remember(db, wanted); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<std::vector<session>>> list(std::string_view user_id, accounts::session_page asked) override
    {
        auto work = [key = std::string{user_id}, asked](database& db) { return select_live(db, key, asked); };
        co_return co_await shared_->read(std::move(work));
    }

    task<result<std::vector<session>>> list_all(accounts::session_page const& asked) override
    {
        auto work = [asked](database& db) { return select_all(db, asked); };
        co_return co_await shared_->read(std::move(work));
    }

    task<result<void>> load_revocations(wall_time now, std::function<void(revocation const&)> each) override
    {
        revocation last;
        for (;;) {
            auto work = [last, now](database& db) { return select_page(db, last, now); };
            auto const page = co_await shared_->read(std::move(work));
            if (!page) co_return page.error();
            if (page->empty()) co_return result<void>{};
            for (auto const& known : *page) each(known);
            last = page->back();
        }
    }

    task<result<std::size_t>> sweep(wall_time now, std::size_t limit) override
    {
        auto work = [now, limit](database& db) { return forget(db, now, limit); };
        co_return co_await shared_->write(std::move(work));
    }

private:
    std::shared_ptr<connections> shared_;
};

} // namespace

result<void> remember(database& db, revocation const& known)
{
    auto row = db.prepare(upsert_revocation);
    return row.bind(static_cast<std::int64_t>(known.what), known.id, known.at, known.until).run();
}

std::unique_ptr<accounts::session_store> make_session_store(std::shared_ptr<connections> shared)
{
    return std::make_unique<sessions>(std::move(shared));
}

} // namespace yett::storage::sqlite
