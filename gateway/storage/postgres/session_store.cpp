#include "gateway/storage/postgres/session_store.hpp"

#include "gateway/storage/postgres/client/sweeping.hpp"
#include "gateway/storage/postgres/connections.hpp"
#include "gateway/storage/postgres/pool/notifier.hpp"
#include "gateway/storage/postgres/session_rows.hpp"
#include "gateway/storage/postgres/session_writes.hpp"

// Sessions in PostgreSQL. Whatever writes a revocation tells the other nodes after the commit
// (`notify`): before, they would look and find nothing. A word that is lost costs time and no
// safety, since nodes look by themselves as well.
//
// Admitting, rotating and ending read before they write and stand in functions of their own
// (`postgres::admit` and its neighbours); what is here is one statement each.

namespace yett::storage::postgres {

namespace {

using accounts::ended;
using accounts::ending;
using accounts::revocation;
using accounts::rotated;
using accounts::rotation;
using accounts::rotation_outcome;
using accounts::session;

std::string const select_by_id = select_session() + " WHERE id = $1";
std::string const select_by_family = select_session() + " WHERE family = $1";
std::string const select_live_of_user = select_session() +
                                        " WHERE user_id = $1 AND ended_at IS NULL AND idle_until > $2 AND expires_at > $2"
                                        " AND ($3 = '' OR id < $3) ORDER BY id DESC LIMIT $4";
std::string const select_live_page = select_session() +
                                     " WHERE id > $1 AND ended_at IS NULL AND idle_until > $2 AND expires_at > $2"
                                     " ORDER BY id LIMIT $3";
constexpr std::string_view select_revocations =
    "SELECT kind, id, at, until FROM revocations WHERE (kind, id) > ($1, $2) AND kind < 5 AND until > $3"
    " ORDER BY kind, id LIMIT $4";
constexpr std::string_view forget_sessions = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE access_until <= $1"
                                             " AND (ended_at IS NOT NULL OR idle_until <= $1) LIMIT $2)";
constexpr std::string_view forget_revocations =
    "DELETE FROM revocations WHERE (kind, id) IN (SELECT kind, id FROM revocations WHERE until <= $1 LIMIT $2)";

task<result<session>> select(database& db, std::string_view sql, std::string const& key)
{
    auto const found = co_await db.ask(sql, key);
    if (!found) co_return found.error();
    if (found->empty()) co_return errc::not_found;
    co_return read_session(found->front());
}

task<result<void>> remember(database& db, revocation const& wanted)
{
    queue_revocation(db, wanted);
    co_return result<void>{};
}

task<result<std::vector<session>>> select_live(database& db, std::string const& user_id, accounts::session_page const& asked)
{
    auto const found = co_await db.ask(select_live_of_user, user_id, asked.now, asked.after, row_limit(asked.limit));
    if (!found) co_return found.error();
    co_return found->each(read_session);
}

task<result<std::vector<session>>> select_all(database& db, accounts::session_page const& asked)
{
    auto const found = co_await db.ask(select_live_page, asked.after, asked.now, row_limit(asked.limit));
    if (!found) co_return found.error();
    co_return found->each(read_session);
}

constexpr std::int64_t page_size = 1000;

// The next page behind (kind, id), in the order of the primary key. Those of kind 5 are for session_ends.
task<result<std::vector<revocation>>> select_page(database& db, revocation const& behind, wall_time now)
{
    auto const kind = static_cast<std::int64_t>(behind.what);
    auto const found = co_await db.ask(select_revocations, kind, behind.id, now, page_size);
    if (!found) co_return found.error();
    co_return found->each(read_revocation);
}

class sessions final : public accounts::session_store
{
public:
    sessions(std::shared_ptr<connections> shared, std::shared_ptr<notifier> tells)
        : shared_{std::move(shared)},
          notifier_{std::move(tells)}
    {
    }

    task<result<accounts::admitted>> admit(accounts::arrival const& asked) override
    {
        auto work = [asked](database& db) { return postgres::admit(db, asked); };
        auto done = co_await shared_->write(std::move(work));
        if (done && !done->displaced.revocations.empty()) notifier_->notify();
        co_return done;
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
        auto work = [asked](database& db) { return postgres::rotate(db, asked); };
        auto done = co_await shared_->write(std::move(work));
        if (done && done->outcome == rotation_outcome::reused) notifier_->notify();
        co_return done;
    }

    task<result<ended>> end(ending const& asked) override
    {
        auto work = [asked](database& db) { return asked.session_id.empty() ? end_all(db, asked) : end_one(db, asked); };
        auto done = co_await shared_->write(std::move(work));
        if (done) notifier_->notify();
        co_return done;
    }

    task<result<void>> revoke(revocation const& wanted) override
    {
        auto work = [wanted](database& db) { return remember(db, wanted); };
        auto done = co_await shared_->write(std::move(work));
        if (done) notifier_->notify();
        co_return done;
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

    // In pages, each a short transaction: after a long absence there may be hundreds of thousands.
    // What is added meanwhile is found by the feed, which began to listen before.
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
        auto work = [now, limit](database& db) { return sweep_rows(db, {forget_sessions, forget_revocations}, now, limit); };
        co_return co_await shared_->write(std::move(work));
    }

private:
    std::shared_ptr<connections> shared_;
    std::shared_ptr<notifier> notifier_; // goes before the loop it lives on
};

} // namespace

std::unique_ptr<accounts::session_store> make_session_store(std::shared_ptr<connections> shared, std::shared_ptr<notifier> tells)
{
    return std::make_unique<sessions>(std::move(shared), std::move(tells));
}

} // namespace yett::storage::postgres
