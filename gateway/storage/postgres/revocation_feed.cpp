#include "gateway/storage/postgres/revocation_feed.hpp"

#include "gateway/storage/postgres/connections.hpp"
#include "gateway/storage/postgres/pool/notifier.hpp"
#include "gateway/storage/postgres/session_rows.hpp"

namespace yett::storage::postgres {

namespace {

using accounts::revocation_news;

// A watermark is a snapshot: which transactions had ended when it was taken, and so exactly whose
// rows whoever looked at that moment could see. A number would not do. Transactions get their
// numbers when they begin to write and become visible when they commit, so that behind the
// largest number seen there is room for smaller ones that come later.
//
//                snapshot 100:107:100,103         what it saw of the transactions
//     . . . 99 │ 100 │ 101 102 │ 103 │ 104 105 106 │ 107 . . .
//       seen   │ not │  seen   │ not │    seen     │   not
//
// What is sought is whatever that snapshot did not see and the present one does. The index finds
// the rows from 100 on; those seen before are passed over on the server, so that a transaction that
// stays open for hours costs a longer walk each time and no more than that.
//
// Rows of a dump that was restored into a younger database have numbers that this one has not
// reached. They were loaded at the start, and must not come again each time: those from the present
// xmax on are left out.
//
// Before the snapshot stands the age: whoever gives numbers out once more begins another, for a
// snapshot from before would take the new rows for seen. A standby that takes over without the last
// commits of its predecessor has another timeline. A server that comes up after a crash has it not,
// and gives the numbers out again of transactions that were rolled back just before, of which
// nothing was on disk; but its statistics begin anew then, and only then unless somebody wants it.
std::string const present_age =
    "substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || coalesce('.' || date_part('epoch', stats_reset)::text, '')";
std::string const select_present = "SELECT " + present_age + " || '/' || pg_current_snapshot()::text, now() FROM pg_stat_wal";
std::string const select_news =
    "SELECT r.kind, r.id, r.at, r.until, present.age || '/' || present.snapshot::text, now(),"
    " present.age = $1 AND pg_snapshot_xmax(present.snapshot) >= pg_snapshot_xmax($2::text::pg_snapshot),"
    " r.kind IS NOT NULL"
    " FROM (SELECT pg_current_snapshot() AS snapshot, " +
    present_age +
    " AS age FROM pg_stat_wal) present"
    " LEFT JOIN revocations r ON r.xid >= pg_snapshot_xmin($2::text::pg_snapshot) AND r.xid < pg_snapshot_xmax(present.snapshot)"
    " AND NOT pg_visible_in_snapshot(r.xid, $2::text::pg_snapshot) AND r.kind < 5"; // 5 is for session_ends

constexpr milliseconds patience{2000};

accounts::log_moment read_moment(result_row const& of, int column)
{
    return {of.text(column), of.time(column + 1)};
}

task<result<accounts::log_moment>> read_present(database& db)
{
    auto const told = co_await db.ask(select_present);
    if (!told) co_return told.error();
    co_return read_moment(told->front(), 0);
}

// There is a row in any case, which holds nothing but the moment if nothing is new.
task<result<revocation_news>> read_news(database& db, std::string const& age, std::string const& snapshot)
{
    auto const told = co_await db.ask(select_news, age, snapshot);
    if (!told) co_return told.error();
    if (!told->front().flag(6)) co_return errc::not_found;
    revocation_news news;
    news.until = read_moment(told->front(), 4);
    for (int i = 0; i < told->size(); ++i)
        if (told->at(i).flag(7)) news.entries.push_back(read_revocation(told->at(i)));
    co_return news;
}

class feed final : public accounts::revocation_feed
{
public:
    feed(std::shared_ptr<connections> shared, std::shared_ptr<notifier> tells)
        : shared_{std::move(shared)},
          notifier_{std::move(tells)}
    {
    }

    task<result<accounts::log_moment>> present() override
    {
        auto work = [](database& db) { return read_present(db); };
        co_return co_await shared_->read_within(patience, std::move(work));
    }

    task<result<revocation_news>> since(std::string watermark) override
    {
        auto const slash = std::min(watermark.find('/'), watermark.size());
        auto const age = watermark.substr(0, slash);
        auto const snapshot = watermark.substr(std::min(slash + 1, watermark.size()));
        auto work = [age, snapshot](database& db) { return read_news(db, age, snapshot); };
        co_return co_await shared_->read_within(patience, std::move(work));
    }

    // A notification says that there is something, and not what.
    void listen(heard_by heard) override
    {
        notifier_->listen([heard = std::move(heard)] { heard({}); });
    }
    void stop_listening() override { notifier_->stop_listening(); }
    accounts::feed_activity activity() const noexcept override { return notifier_->activity(); }

private:
    std::shared_ptr<connections> shared_;
    std::shared_ptr<notifier> notifier_; // goes before the loop it lives on
};

} // namespace

std::unique_ptr<accounts::revocation_feed> make_revocation_feed(std::shared_ptr<connections> shared,
                                                                std::shared_ptr<notifier> tells)
{
    return std::make_unique<feed>(std::move(shared), std::move(tells));
}

} // namespace yett::storage::postgres
