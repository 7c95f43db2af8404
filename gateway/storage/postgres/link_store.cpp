#include "gateway/storage/postgres/link_store.hpp"

#include "gateway/storage/postgres/client/sweeping.hpp"
#include "gateway/storage/postgres/connections.hpp"
#include "gateway/storage/postgres/outbox.hpp"
#include "gateway/storage/postgres/user_store.hpp"

namespace yett::storage::postgres {

namespace {

using accounts::account_transaction;
using accounts::account_update;
using accounts::link;
using accounts::link_purpose;
using accounts::link_use;

std::string const select_link =
    "SELECT hash, purpose, coalesce(user_id, ''), email_key, password_hash, roles, created_at, expires_at, new_email FROM links";
std::string const select_by_hash = select_link + " WHERE hash = $1";
// Of those that follow one link the second finds it gone.
std::string const lock_by_hash = select_by_hash + " FOR UPDATE";
// The index has all of it, so that one who has a link costs what one without does.
constexpr std::string_view select_newest_password =
    "SELECT password_hash FROM links WHERE user_id = $1 AND purpose = $2 AND expires_at > $3"
    " ORDER BY created_at DESC LIMIT 1";
constexpr std::string_view delete_link = "DELETE FROM links WHERE hash = $1";
constexpr std::string_view displace_unverified = "DELETE FROM users WHERE email_key = $1 AND id <> $2 AND NOT verified";
constexpr std::string_view move_user = "UPDATE users SET email = $2, email_key = $3 WHERE id = $1";
constexpr std::string_view void_links = "DELETE FROM links WHERE user_id = $1 AND (purpose <> $2 OR created_at >= $3)";
constexpr std::string_view amend_user =
    "UPDATE users SET verified = verified OR $2, password_hash = $3, password_changed_at = $4 WHERE id = $1";
constexpr std::string_view insert_link =
    "INSERT INTO links (hash, purpose, user_id, email_key, password_hash, roles, created_at, expires_at, new_email)"
    " VALUES ($1, $2, nullif($3, ''), $4, $5, $6, $7, $8, $9)";
constexpr std::string_view delete_surplus =
    "DELETE FROM links WHERE hash IN (SELECT hash FROM links WHERE user_id = $1 AND purpose = $2"
    " ORDER BY created_at DESC OFFSET $3)";
constexpr std::string_view forget_links =
    "DELETE FROM links WHERE hash IN (SELECT hash FROM links WHERE expires_at < $1 LIMIT $2)";

link read_link(result_row const& of)
{
    link found;
    found.hash = of.text(0);
    found.purpose = static_cast<link_purpose>(of.integer(1));
    found.user_id = of.text(2);
    found.email_key = of.text(3);
    found.password_hash = of.text(4);
    found.roles = of.list(5);
    found.created_at = of.time(6);
    found.expires_at = of.time(7);
    found.new_email = of.text(8);
    return found;
}

task<result<link>> select(database& db, std::string_view sql, std::string const& hash)
{
    auto const found = co_await db.ask(sql, hash);
    if (!found) co_return found.error();
    if (found->empty()) co_return errc::not_found;
    co_return read_link(found->front());
}

task<result<std::string>> newest_password(database& db, std::string const& user_id, link_purpose purpose, wall_time now)
{
    auto const found = co_await db.ask(select_newest_password, user_id, static_cast<std::int64_t>(purpose), now);
    if (!found) co_return found.error();
    if (found->empty()) co_return errc::not_found;
    co_return found->front().text(0);
}

task<result<void>> spend(database& db, link_use const& s)
{
    auto const found = co_await select(db, lock_by_hash, s.hash);
    if (!found) co_return found.error() == errc::not_found ? error{errc::link_invalid} : found.error();
    if (found->purpose != s.purpose) co_return errc::link_invalid;
    if (found->expires_at <= s.now) co_return errc::link_expired;
    db.queue(delete_link, s.hash);
    co_return result<void>{};
}

// The schema says `conflict` where another account has the address.
void queue_move(database& db, account_update const& a)
{
    if (a.displaces_unverified) db.queue(displace_unverified, a.new_email_key, a.user_id);
    db.queue(move_user, a.user_id, a.new_email, a.new_email_key);
}

task<result<void>> amend(database& db, account_update const& a)
{
    auto found = co_await lock_user(db, a.user_id);
    if (!found) co_return found.error();
    if (a.expected_hash && *a.expected_hash != found->password_hash) co_return errc::conflict;
    if (!a.password_hash.empty()) {
        found->password_hash = a.password_hash;
        found->password_changed_at = a.now;
    }
    db.queue(amend_user, a.user_id, a.verified, found->password_hash, found->password_changed_at);
    if (!a.new_email.empty()) queue_move(db, a);
    auto const undo = static_cast<std::int64_t>(link_purpose::undo_change);
    db.queue(void_links, a.user_id, undo, a.voids_undo_since.value_or(wall_time::max()));
    co_return result<void>{};
}

// For nobody's link there is no user to wait for and nothing to delete, which takes as many
// statements to find out.
void queue_link(database& db, link const& l)
{
    auto const purpose = static_cast<std::int64_t>(l.purpose);
    queue_turn(db, l.user_id);
    db.queue(insert_link, l.hash, purpose, l.user_id, l.email_key, l.password_hash, l.roles, l.created_at, l.expires_at,
             l.new_email);
    db.queue(delete_surplus, l.user_id, purpose, row_limit(accounts::most_links));
}

// One after the other, as long as nothing fails. What tells nothing is queued and goes out with
// the commit.
task<result<void>> apply(database& db, account_transaction const& all)
{
    result<void> done;
    if (all.spent) done = co_await spend(db, *all.spent);
    if (done && all.added) queue_user(db, *all.added);
    if (done && all.amended) done = co_await amend(db, *all.amended);
    if (done && all.made) queue_link(db, *all.made);
    if (done && all.posted) queue_letter(db, *all.posted);
    co_return done;
}

class links final : public accounts::link_store
{
public:
    explicit links(std::shared_ptr<connections> shared) : shared_{std::move(shared)} {}

    task<result<link>> find(std::string_view hash) override
    {
        auto work = [key = std::string{hash}](database& db) { return select(db, select_by_hash, key); };
        co_return co_await shared_->read(std::move(work));
    }

    task<result<std::string>> find_newest_password(std::string_view user_id, link_purpose purpose, wall_time now) override
    {
        auto work = [key = std::string{user_id}, purpose, now](database& db) { return newest_password(db, key, purpose, now); };
        co_return co_await shared_->read(std::move(work));
    }

    task<result<void>> commit(account_transaction const& all) override
    {
        auto work = [all](database& db) { return apply(db, all); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<std::size_t>> sweep(wall_time expired_before, std::size_t limit) override
    {
        auto work = [expired_before, limit](database& db) { return sweep_rows(db, {forget_links}, expired_before, limit); };
        co_return co_await shared_->write(std::move(work));
    }

private:
    std::shared_ptr<connections> shared_;
};

} // namespace

std::unique_ptr<accounts::link_store> make_link_store(std::shared_ptr<connections> shared)
{
    return std::make_unique<links>(std::move(shared));
}

} // namespace yett::storage::postgres
