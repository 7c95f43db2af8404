#include "gateway/storage/sqlite/outbox.hpp"

#include "gateway/storage/sqlite/connections.hpp"

// The outbox in one file, which one program has. Claiming is one statement: the letter that has
// been due longest gets the end of its lease as its due, and its attempt a number, by which a late
// answer is told from the right one.
//
// A closed letter keeps its row as a mark and none of its words, neither address nor token.

namespace yett::storage::sqlite {

namespace {

using accounts::claimed_letter;
using accounts::letter;
using accounts::letter_end;
using accounts::letter_kind;
using accounts::outbox_figures;

constexpr std::string_view insert_letter =
    "INSERT INTO letters (id, kind, recipient, languages, token, address, agent, posted_at, until, blank, attempts, due)"
    " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?8 WHERE ?11 > (SELECT count(*) FROM (SELECT 1 FROM letters"
    " WHERE recipient = ?3 AND kind = ?2 AND closed_at IS NULL AND blank = 0 LIMIT ?11)) ON CONFLICT (id) DO NOTHING";
// Kinds beyond the last one known were posted by a newer program, which will send them.
constexpr std::string_view claim_letter =
    "UPDATE letters SET attempts = attempts + 1, due = ?2 WHERE id ="
    " (SELECT id FROM letters WHERE closed_at IS NULL AND due <= ?1 AND kind < ?3 ORDER BY due, id LIMIT 1)"
    " RETURNING id, kind, recipient, languages, token, address, agent, posted_at, until, blank, attempts";
constexpr std::string_view postpone_letter =
    "UPDATE letters SET due = ?3 WHERE id = ?1 AND attempts = ?2 AND closed_at IS NULL RETURNING 1";
constexpr std::string_view close_letter =
    "UPDATE letters SET recipient = '', languages = '', token = '', address = '', agent = '', outcome = ?2, closed_at = ?3"
    " WHERE id = ?1 AND closed_at IS NULL";
constexpr std::string_view count_letters =
    "SELECT kind, count(*), min(posted_at) FROM letters WHERE closed_at IS NULL AND NOT blank AND kind < ?1 GROUP BY kind";
constexpr std::string_view forget_letters =
    "DELETE FROM letters WHERE id IN (SELECT id FROM letters WHERE closed_at < ?1 LIMIT ?2) RETURNING 1";

constexpr auto kinds = static_cast<std::int64_t>(letter_kind::count_);

claimed_letter read_claimed(statement const& row)
{
    claimed_letter found;
    auto& l = found.letter;
    l.id = row.text(0);
    l.kind = static_cast<letter_kind>(row.integer(1));
    l.to = row.text(2);
    l.languages = row.text(3);
    l.token = secret{row.text(4)};
    l.from.address = row.text(5);
    l.from.agent = row.text(6);
    l.posted_at = row.time(7);
    l.until = row.time(8);
    l.blank = row.flag(9);
    found.attempt = static_cast<unsigned>(row.integer(10));
    return found;
}

result<claimed_letter> take(database& db, wall_time now, wall_time lease_until)
{
    auto row = db.prepare(claim_letter);
    if (!row.bind(now, lease_until, kinds).step()) return row.failure_or(errc::not_found);
    auto found = read_claimed(row);
    // The change is done once the last row was read.
    auto const rest = row.run();
    if (!rest) return rest.error();
    return found;
}

result<void> put_back(database& db, std::string const& id, unsigned attempt, wall_time due)
{
    auto row = db.prepare(postpone_letter);
    if (!row.bind(id, std::int64_t{attempt}, due).step()) return row.failure_or(errc::conflict);
    return row.run();
}

result<void> wipe(database& db, std::string const& id, letter_end how, wall_time now)
{
    auto known = db.prepare("SELECT 1 FROM letters WHERE id = ?1");
    if (!known.bind(id).step()) return known.failure_or(errc::not_found);
    auto row = db.prepare(close_letter);
    return row.bind(id, static_cast<std::int64_t>(how), now).run();
}

result<outbox_figures> count(database& db)
{
    outbox_figures seen;
    auto row = db.prepare(count_letters);
    row.bind(kinds);
    while (row.step()) {
        seen.waiting[static_cast<std::size_t>(row.integer(0))] = static_cast<std::size_t>(row.integer(1));
        seen.oldest = std::min(seen.oldest.value_or(row.time(2)), row.time(2));
    }
    if (row.failed()) return row.failure_or(errc::internal);
    return seen;
}

result<std::size_t> forget(database& db, wall_time closed_before, std::size_t limit)
{
    auto row = db.prepare(forget_letters);
    row.bind(closed_before, static_cast<std::int64_t>(limit));
    std::size_t gone = 0;
    while (row.step()) ++gone;
    if (row.failed()) return row.failure_or(errc::internal);
    return gone;
}

class letters final : public accounts::outbox
{
public:
    explicit letters(std::shared_ptr<connections> shared) : shared_{std::move(shared)} {}

    task<result<void>> post(letter const& l) override
    {
        auto work = [l](database& db) { return post_letter(db, l); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<claimed_letter>> claim(wall_time now, wall_time lease_until) override
    {
        auto work = [now, lease_until](database& db) { return take(db, now, lease_until); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<void>> postpone(std::string_view id, unsigned attempt, wall_time due) override
    {
        auto work = [key = std::string{id}, attempt, due](database& db) { return put_back(db, key, attempt, due); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<void>> close(std::string_view id, letter_end how, wall_time now) override
    {
        auto work = [key = std::string{id}, how, now](database& db) { return wipe(db, key, how, now); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<outbox_figures>> read_figures() override
    {
        auto work = [](database& db) { return count(db); };
        co_return co_await shared_->read(std::move(work));
    }

    task<result<std::size_t>> sweep(wall_time closed_before, std::size_t limit) override
    {
        auto work = [closed_before, limit](database& db) { return forget(db, closed_before, limit); };
        co_return co_await shared_->write(std::move(work));
    }

private:
    std::shared_ptr<connections> shared_;
};

} // namespace

result<void> post_letter(database& db, letter const& l)
{
    auto const languages = std::string_view{l.languages}.substr(0, accounts::longest_languages);
    auto row = db.prepare(insert_letter);
    row.bind(l.id, static_cast<std::int64_t>(l.kind), l.to, languages, l.token.reveal(), l.from.address, l.from.agent,
             l.posted_at, l.until, l.blank, static_cast<std::int64_t>(accounts::most_waiting));
    return row.run();
}

std::unique_ptr<accounts::outbox> make_outbox(std::shared_ptr<connections> shared)
{
    return std::make_unique<letters>(std::move(shared));
}

} // namespace yett::storage::sqlite
