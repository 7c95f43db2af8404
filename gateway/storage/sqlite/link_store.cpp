#include "gateway/storage/sqlite/link_store.hpp"

#include "gateway/storage/sqlite/connections.hpp"
#include "gateway/storage/sqlite/outbox.hpp"
#include "gateway/storage/sqlite/roles.hpp"
#include "gateway/storage/sqlite/user_store.hpp"

// Links in SQLite. A transaction of accounts is applied step by step and undone as a whole by
// whoever runs it, should one fail. How long a link takes to be found must not tell whether there
// was one: so what is asked of an address that may be anybody's is answered from an index alone,
// and does the same work for nobody's.

namespace yett::storage::sqlite {

namespace {

using accounts::account_transaction;
using accounts::account_update;
using accounts::link;
using accounts::link_purpose;
using accounts::link_use;

std::string const select_link =
    "SELECT hash, purpose, coalesce(user_id, ''), email_key, password_hash, roles, created_at, expires_at, new_email FROM links";
std::string const select_by_hash = select_link + " WHERE hash = ?1";
// The index has all of it, so that one who has a link costs what one without does.
std::string const select_newest_password =
    "SELECT password_hash FROM links WHERE user_id = ?1 AND purpose = ?2 AND expires_at > ?3"
    " ORDER BY created_at DESC LIMIT 1";

link read_link(statement const& row)
{
    link found;
    found.hash = row.text(0);
    found.purpose = static_cast<link_purpose>(row.integer(1));
    found.user_id = row.text(2);
    found.email_key = row.text(3);
    found.password_hash = row.text(4);
    found.roles = read_roles(row.text(5));
    found.created_at = row.time(6);
    found.expires_at = row.time(7);
    found.new_email = row.text(8);
    return found;
}

result<link> select(database& db, std::string const& hash)
{
    auto row = db.prepare(select_by_hash);
    if (!row.bind(hash).step()) return row.failure_or(errc::not_found);
    return read_link(row);
}

result<std::string> newest_password(database& db, std::string const& user_id, link_purpose purpose, wall_time now)
{
    auto row = db.prepare(select_newest_password);
    row.bind(user_id, static_cast<std::int64_t>(purpose), now);
    if (!row.step()) return row.failure_or(errc::not_found);
    return std::string{row.text(0)};
}

result<void> spend(database& db, link_use const& s)
{
    auto const found = select(db, s.hash);
    if (!found) return found.error() == errc::not_found ? error{errc::link_invalid} : found.error();
    if (found->purpose != s.purpose) return errc::link_invalid;
    if (found->expires_at <= s.now) return errc::link_expired;
    return db.prepare("DELETE FROM links WHERE hash = ?1").bind(s.hash).run();
}

// The schema says `conflict` where another account has the address.
result<void> move(database& db, account_update const& a)
{
    if (a.displaces_unverified) {
        auto other = db.prepare("DELETE FROM users WHERE email_key = ?1 AND id != ?2 AND verified = 0");
        if (auto done = other.bind(a.new_email_key, a.user_id).run(); !done) return done;
    }
    auto row = db.prepare("UPDATE users SET email = ?2, email_key = ?3 WHERE id = ?1");
    return row.bind(a.user_id, a.new_email, a.new_email_key).run();
}

result<void> void_links(database& db, account_update const& a)
{
    auto row = db.prepare("DELETE FROM links WHERE user_id = ?1 AND (purpose != ?2 OR created_at >= ?3)");
    return row
        .bind(a.user_id, static_cast<std::int64_t>(link_purpose::undo_change), a.voids_undo_since.value_or(wall_time::max()))
        .run();
}

result<void> amend(database& db, account_update const& a)
{
    auto found = find_user(db, a.user_id);
    if (!found) return found.error();
    if (a.expected_hash && *a.expected_hash != found->password_hash) return errc::conflict;
    if (!a.password_hash.empty()) {
        found->password_hash = a.password_hash;
        found->password_changed_at = a.now;
    }
    auto row = db.prepare("UPDATE users SET verified = verified OR ?2, password_hash = ?3, password_changed_at = ?4"
                          " WHERE id = ?1");
    auto done = row.bind(a.user_id, a.verified, found->password_hash, found->password_changed_at).run();
    if (done && !a.new_email.empty()) done = move(db, a);
    if (!done) return done;
    return void_links(db, a);
}

result<void> make(database& db, link const& l)
{
    auto const roles = write_roles(l.roles);
    auto row = db.prepare(
        "INSERT INTO links (hash, purpose, user_id, email_key, password_hash, roles, created_at, expires_at, new_email)"
        " VALUES (?1, ?2, nullif(?3, ''), ?4, ?5, ?6, ?7, ?8, ?9)");
    row.bind(l.hash, static_cast<std::int64_t>(l.purpose), l.user_id, l.email_key, l.password_hash, roles, l.created_at,
             l.expires_at, l.new_email);
    if (auto done = row.run(); !done) return done;
    // Of nobody's there are none, which takes as long to find out.
    auto surplus = db.prepare("DELETE FROM links WHERE hash IN (SELECT hash FROM links WHERE user_id = ?1 AND purpose = ?2"
                              " ORDER BY created_at DESC LIMIT -1 OFFSET ?3)");
    return surplus.bind(l.user_id, static_cast<std::int64_t>(l.purpose), static_cast<std::int64_t>(accounts::most_links)).run();
}

// One after the other, as long as nothing fails; the writer undoes what a failure leaves.
result<void> apply(database& db, account_transaction const& all)
{
    result<void> done;
    if (all.spent) done = spend(db, *all.spent);
    if (done && all.added) done = insert_user(db, *all.added);
    if (done && all.amended) done = amend(db, *all.amended);
    if (done && all.made) done = make(db, *all.made);
    if (done && all.posted) done = post_letter(db, *all.posted);
    return done;
}

result<std::size_t> forget(database& db, wall_time expired_before, std::size_t limit)
{
    auto row = db.prepare("DELETE FROM links WHERE hash IN (SELECT hash FROM links WHERE expires_at < ?1 LIMIT ?2)"
                          " RETURNING 1");
    row.bind(expired_before, static_cast<std::int64_t>(limit));
    std::size_t gone = 0;
    while (row.step()) ++gone;
    if (row.failed()) return row.failure_or(errc::internal);
    return gone;
}

class links final : public accounts::link_store
{
public:
    explicit links(std::shared_ptr<connections> shared) : shared_{std::move(shared)} {}

    task<result<link>> find(std::string_view hash) override
    {
        auto work = [key = std::string{hash}](database& db) { return select(db, key); };
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
        auto work = [expired_before, limit](database& db) { return forget(db, expired_before, limit); };
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

} // namespace yett::storage::sqlite
