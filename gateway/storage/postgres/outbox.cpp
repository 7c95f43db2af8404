#include "gateway/storage/postgres/outbox.hpp"

#include "gateway/storage/postgres/client/sweeping.hpp"
#include "gateway/storage/postgres/connections.hpp"

// The outbox for several programs at once. A letter is claimed by one statement, which passes over
// rows that another is just claiming, so that workers neither wait for each other nor take the same
// letter. An attempt's number is the claim's proof: whoever comes back late with an older one
// changes nothing.

namespace yett::storage::postgres {

namespace {

using accounts::claimed_letter;
using accounts::letter;
using accounts::letter_end;
using accounts::letter_kind;
using accounts::outbox_figures;

// Letters of one kind to one reader come one after the other, so that their number is true.
// The lock is of its own namespace, and goes with the transaction.
constexpr std::string_view take_turn = "SELECT pg_advisory_xact_lock(hashtextextended($1, $2))";
constexpr std::string_view insert_letter =
    "INSERT INTO letters (id, kind, recipient, languages, token, address, agent, posted_at, until, blank, attempts, due)"
    " SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $8 WHERE $11 > (SELECT count(*) FROM (SELECT 1 FROM letters"
    " WHERE recipient = $3 AND kind = $2 AND closed_at IS NULL AND NOT blank LIMIT $11) AS waiting) ON CONFLICT (id) DO NOTHING";
// Kinds beyond the last one known were posted by a newer program, which will send them. One
// that another mail worker is about to take is passed over.
constexpr std::string_view claim_letter =
    "UPDATE letters SET attempts = attempts + 1, due = $2 WHERE id ="
    " (SELECT id FROM letters WHERE closed_at IS NULL AND due <= $1 AND kind < $3 ORDER BY due, id LIMIT 1"
    " FOR UPDATE SKIP LOCKED)"
    " RETURNING id, kind, recipient, languages, token, address, agent, posted_at, until, blank, attempts";
constexpr std::string_view postpone_letter = "UPDATE letters SET due = $3 WHERE id = $1 AND attempts = $2 AND closed_at IS NULL";
constexpr std::string_view close_letter =
    "UPDATE letters SET recipient = '', languages = '', token = '', address = '', agent = '', outcome = $2, closed_at = $3"
    " WHERE id = $1 AND closed_at IS NULL";
constexpr std::string_view select_known = "SELECT 1 FROM letters WHERE id = $1";
constexpr std::string_view count_letters =
    "SELECT kind, count(*), min(posted_at) FROM letters WHERE closed_at IS NULL AND NOT blank AND kind < $1 GROUP BY kind";
// In the order of its index, or where nothing is to be forgotten all of them are looked at.
constexpr std::string_view forget_letters =
    "DELETE FROM letters WHERE id IN (SELECT id FROM letters WHERE closed_at < $1 ORDER BY closed_at LIMIT $2)";

constexpr auto kinds = static_cast<std::int64_t>(letter_kind::count_);

claimed_letter read_claimed(result_row const& of)
{
    claimed_letter found;
    auto& l = found.letter;
    l.id = of.text(0);
    l.kind = static_cast<letter_kind>(of.integer(1));
    l.to = of.text(2);
    l.languages = of.text(3);
    l.token = secret{of.text(4)};
    l.from.address = of.text(5);
    l.from.agent = of.text(6);
    l.posted_at = of.time(7);
    l.until = of.time(8);
    l.blank = of.flag(9);
    found.attempt = static_cast<unsigned>(of.integer(10));
    return found;
}

task<result<void>> post(database& db, letter const& l)
{
    queue_letter(db, l);
    co_return result<void>{};
}

task<result<claimed_letter>> take(database& db, wall_time now, wall_time lease_until)
{
    auto const found = co_await db.ask(claim_letter, now, lease_until, kinds);
    if (!found) co_return found.error();
    if (found->empty()) co_return errc::not_found;
    co_return read_claimed(found->front());
}

task<result<void>> put_back(database& db, std::string const& id, unsigned attempt, wall_time due)
{
    auto const done = co_await db.ask(postpone_letter, id, std::int64_t{attempt}, due);
    if (!done) co_return done.error();
    if (done->changed() == 0) co_return errc::conflict;
    co_return result<void>{};
}

task<result<void>> wipe(database& db, std::string const& id, letter_end how, wall_time now)
{
    db.queue(close_letter, id, static_cast<std::int64_t>(how), now);
    auto const known = co_await db.ask(select_known, id);
    if (!known) co_return known.error();
    if (known->empty()) co_return errc::not_found;
    co_return result<void>{};
}

task<result<outbox_figures>> count(database& db)
{
    auto const found = co_await db.ask(count_letters, kinds);
    if (!found) co_return found.error();
    outbox_figures seen;
    for (int i = 0; i < found->size(); ++i) {
        auto const of = found->at(i);
        seen.waiting[static_cast<std::size_t>(of.integer(0))] = static_cast<std::size_t>(of.integer(1));
        seen.oldest = std::min(seen.oldest.value_or(of.time(2)), of.time(2));
    }
    co_return seen;
}

class letters final : public accounts::outbox
{
public:
    explicit letters(std::shared_ptr<connections> shared) : shared_{std::move(shared)} {}

    task<result<void>> post(letter const& l) override
    {
        auto work = [l](database& db) { return postgres::post(db, l); };
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
        auto work = [closed_before, limit](database& db) { return sweep_rows(db, {forget_letters}, closed_before, limit); };
        co_return co_await shared_->write(std::move(work));
    }

private:
    std::shared_ptr<connections> shared_;
};

} // namespace

void queue_letter(database& db, letter const& l)
{
    auto const languages = std::string_view{l.languages}.substr(0, accounts::longest_languages);
    auto const kind = static_cast<std::int64_t>(l.kind);
    db.queue(take_turn, l.to, kind);
    db.queue(insert_letter, l.id, kind, l.to, bytes{languages}, l.token.reveal(), l.from.address, bytes{l.from.agent},
             l.posted_at, l.until, l.blank, static_cast<std::int64_t>(accounts::most_waiting));
}

std::unique_ptr<accounts::outbox> make_outbox(std::shared_ptr<connections> shared)
{
    return std::make_unique<letters>(std::move(shared));
}

} // namespace yett::storage::postgres
