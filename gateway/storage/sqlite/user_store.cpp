#include "gateway/storage/sqlite/user_store.hpp"

#include "gateway/storage/sqlite/connections.hpp"
#include "gateway/storage/sqlite/roles.hpp"

// Users in SQLite. One thread writes, so reading a row and writing it back is safe where a server
// would want a lock. Names that are taken come back as `conflict` from the schema and not from a
// look before.

namespace yett::storage::sqlite {

namespace {

using accounts::user;

constexpr std::string_view insert_user =
    "INSERT INTO users (id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
constexpr std::string_view select_by_id =
    "SELECT id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at"
    " FROM users WHERE id = ?1";
constexpr std::string_view select_page =
    "SELECT id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at"
    " FROM users WHERE id > ?1 ORDER BY id LIMIT ?2";
constexpr std::string_view select_counts =
    "SELECT count(*), count(*) FILTER (WHERE disabled), count(*) FILTER (WHERE NOT verified) FROM users";
constexpr std::string_view select_by_email =
    "SELECT id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at"
    " FROM users WHERE email_key = ?1";

user read_user(statement const& row)
{
    user found;
    found.id = row.text(0);
    found.email = row.text(1);
    found.email_key = row.text(2);
    found.password_hash = row.text(3);
    found.roles = read_roles(row.text(4));
    found.verified = row.flag(5);
    found.disabled = row.flag(6);
    found.created_at = row.time(7);
    found.password_changed_at = row.time(8);
    return found;
}

result<user> select(database& db, std::string_view sql, std::string const& key)
{
    auto row = db.prepare(sql);
    if (!row.bind(key).step()) return row.failure_or(errc::not_found);
    return read_user(row);
}

result<void> insert(database& db, user const& added)
{
    auto const roles = write_roles(added.roles);
    auto row = db.prepare(insert_user);
    row.bind(added.id, added.email, added.email_key, added.password_hash, roles, added.verified, added.disabled, added.created_at,
             added.password_changed_at);
    return row.run();
}

// Only if the hash is still the one that was checked: two changes at the same moment would else
// both succeed, and one be lost.
result<void> replace_hash(database& db, std::string const& id, accounts::password_change const& change)
{
    auto const found = select(db, select_by_id, id);
    if (!found) return found.error();
    if (found->password_hash != change.expected_hash) return errc::conflict;
    auto row = db.prepare("UPDATE users SET password_hash = ?2, password_changed_at = ?3 WHERE id = ?1");
    return row.bind(id, change.new_hash, change.changed_at.value_or(found->password_changed_at)).run();
}

result<user> update(database& db, std::string const& id, accounts::user_change const& wanted)
{
    auto found = select(db, select_by_id, id);
    if (!found) return found;
    found->verified = wanted.verified.value_or(found->verified);
    found->disabled = wanted.disabled.value_or(found->disabled);
    if (wanted.roles) found->roles = *wanted.roles;
    auto const roles = write_roles(found->roles);
    auto row = db.prepare("UPDATE users SET verified = ?2, disabled = ?3, roles = ?4 WHERE id = ?1");
    auto const done = row.bind(id, found->verified, found->disabled, roles).run();
    if (!done) return done.error();
    return found;
}

// A row that is refused leaves the others in the same transaction.
result<std::vector<bool>> insert_all(database& db, std::vector<user> const& added)
{
    std::vector<bool> done;
    for (auto const& each : added) {
        auto const inserted = insert(db, each);
        if (!inserted && !(inserted.error() == errc::conflict)) return inserted.error();
        done.push_back(inserted.has_value());
    }
    return done;
}

// The schema removes the sessions. A letter that waits for somebody who is gone does not go.
result<void> remove(database& db, std::string const& id)
{
    auto letters =
        db.prepare("UPDATE letters SET recipient = '', languages = '', token = '', address = '', agent = '', outcome = 1,"
                   " closed_at = posted_at WHERE closed_at IS NULL AND blank = 0"
                   " AND recipient = (SELECT email FROM users WHERE id = ?1 AND email != '')");
    if (auto done = letters.bind(id).run(); !done) return done;
    auto row = db.prepare("DELETE FROM users WHERE id = ?1 RETURNING id");
    if (!row.bind(id).step()) return row.failure_or(errc::not_found);
    return row.run();
}

result<std::vector<user>> page(database& db, accounts::user_page const& asked)
{
    auto row = db.prepare(select_page);
    return row.bind(asked.after, static_cast<std::int64_t>(asked.limit)).rows(read_user);
}

result<accounts::user_count> tally(database& db)
{
    auto row = db.prepare(select_counts);
    if (!row.step()) return row.failure_or(errc::internal);
    accounts::user_count counted;
    counted.all = static_cast<std::size_t>(row.integer(0));
    counted.disabled = static_cast<std::size_t>(row.integer(1));
    counted.unverified = static_cast<std::size_t>(row.integer(2));
    return counted;
}

class users final : public accounts::user_store
{
public:
    explicit users(std::shared_ptr<connections> shared) : shared_{std::move(shared)} {}

    task<result<void>> add(user const& added) override
    {
        auto work = [added](database& db) { return insert(db, added); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<user>> find(std::string_view id) override
    {
        auto work = [key = std::string{id}](database& db) { return select(db, select_by_id, key); };
        co_return co_await shared_->read(std::move(work));
    }

    task<result<user>> find_by_email(std::string_view email_key) override
    {
        auto work = [key = std::string{email_key}](database& db) { return select(db, select_by_email, key); };
        co_return co_await shared_->read(std::move(work));
    }

    task<result<void>> change_password(std::string_view id, accounts::password_change const& change) override
    {
        auto work = [key = std::string{id}, change](database& db) { return replace_hash(db, key, change); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<user>> change(std::string_view id, accounts::user_change const& wanted) override
    {
        auto work = [key = std::string{id}, wanted](database& db) { return update(db, key, wanted); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<std::vector<bool>>> add_all(std::vector<user> const& added) override
    {
        auto work = [added](database& db) { return insert_all(db, added); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<void>> remove(std::string_view id) override
    {
        auto work = [key = std::string{id}](database& db) { return sqlite::remove(db, key); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<std::vector<user>>> list(accounts::user_page const& asked) override
    {
        auto work = [asked](database& db) { return page(db, asked); };
        co_return co_await shared_->read(std::move(work));
    }

    task<result<accounts::user_count>> count() override
    {
        auto work = [](database& db) { return tally(db); };
        co_return co_await shared_->read(std::move(work));
    }

private:
    std::shared_ptr<connections> shared_;
};

} // namespace

result<void> insert_user(database& db, accounts::user const& added)
{
    return insert(db, added);
}

result<accounts::user> find_user(database& db, std::string const& id)
{
    return select(db, select_by_id, id);
}

std::unique_ptr<accounts::user_store> make_user_store(std::shared_ptr<connections> shared)
{
    return std::make_unique<users>(std::move(shared));
}

} // namespace yett::storage::sqlite
