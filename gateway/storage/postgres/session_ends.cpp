#include "gateway/storage/postgres/session_ends.hpp"

#include "gateway/storage/postgres/connections.hpp"
#include "gateway/storage/postgres/pool/notifier.hpp"
#include "gateway/storage/postgres/session_rows.hpp"

namespace yett::storage::postgres {

namespace {

using accounts::revocation;
using accounts::session;
using accounts::session_fate;

// $1 ids, $2 users, $3 when they began in milliseconds: of each session, in their order. The same as in SQLite: each part is a
// look into the primary key. The ids of rows are those of accounts/ports/session_ends.cpp, written once more where they are joined.
constexpr std::string_view select_fates =
    "SELECT EXISTS (SELECT FROM users WHERE users.id = s.user_id), (SELECT min(at) FROM ("
    "SELECT at FROM revocations AS r WHERE r.kind = 5 AND r.id = 's:' || s.id"
    " UNION ALL SELECT at FROM revocations AS r WHERE r.kind = 5 AND r.id IN ('u:' || s.user_id, '*') AND r.at > s.began"
    " UNION ALL SELECT at FROM revocations AS r WHERE r.kind = 5 AND r.id > 'u:' || s.user_id || ':'"
    " AND r.id < 'u:' || s.user_id || ';' AND r.id <> 'u:' || s.user_id || ':' || s.id AND r.at > s.began) AS what)"
    " FROM (SELECT id, user_id, timestamptz 'epoch' + began::bigint * interval '1 millisecond' AS began, number"
    " FROM unnest($1, $2, $3) WITH ORDINALITY AS asked (id, user_id, began, number)) AS s ORDER BY s.number";
constexpr std::string_view select_ends = "SELECT kind, id, at, until FROM revocations WHERE kind = 5 AND id > $1 AND at > $2"
                                         " ORDER BY id LIMIT $3";

session_fate read_fate(result_row const& of)
{
    return {of.flag(0), of.time_or_null(1)};
}

task<result<std::vector<session_fate>>> select(database& db, std::vector<session> const& all)
{
    std::vector<std::string> ids, users, began;
    for (auto const& each : all) {
        ids.push_back(each.id);
        users.push_back(each.user_id);
        began.push_back(std::to_string(each.created_at.time_since_epoch().count()));
    }
    auto const found = co_await db.ask(select_fates, ids, users, began);
    if (!found) co_return found.error();
    co_return found->each(read_fate);
}

task<result<void>> remember(database& db, std::vector<revocation> const& all)
{
    for (auto const& each : all) queue_revocation(db, each);
    co_return result<void>{};
}

task<result<std::vector<revocation>>> select_page(database& db, accounts::session_ends_page const& asked)
{
    auto const found = co_await db.ask(select_ends, asked.after, asked.since, row_limit(asked.limit));
    if (!found) co_return found.error();
    co_return found->each(read_revocation);
}

class session_ends final : public accounts::session_ends
{
public:
    session_ends(std::shared_ptr<connections> shared, std::shared_ptr<notifier> tells)
        : shared_{std::move(shared)},
          notifier_{std::move(tells)}
    {
    }

    task<result<void>> write(std::vector<revocation> const& all) override
    {
        auto work = [all](database& db) { return remember(db, all); };
        auto done = co_await shared_->write(std::move(work));
        if (done) notifier_->notify();
        co_return done;
    }

    task<result<std::vector<session_fate>>> judge(std::vector<session> const& all) override
    {
        auto work = [all](database& db) { return select(db, all); };
        co_return co_await shared_->read(std::move(work));
    }

    task<result<std::vector<revocation>>> list(accounts::session_ends_page const& asked) override
    {
        auto work = [asked](database& db) { return select_page(db, asked); };
        co_return co_await shared_->read(std::move(work));
    }

private:
    std::shared_ptr<connections> shared_;
    std::shared_ptr<notifier> notifier_; // goes before the loop it lives on
};

} // namespace

std::unique_ptr<accounts::session_ends> make_session_ends(std::shared_ptr<connections> shared, std::shared_ptr<notifier> tells)
{
    return std::make_unique<session_ends>(std::move(shared), std::move(tells));
}

} // namespace yett::storage::postgres
