#include "gateway/storage/postgres/user_store.hpp"

#include "gateway/storage/postgres/connections.hpp"

// Users in PostgreSQL. The columns are spelled out in each statement because a statement is known
// by its text and prepared once. What must not happen twice at once is left to the database: unique
// names, and a password that is replaced only where the hash is still the one that was seen.
//
// Two locks on a user's row have two strengths. `FOR NO KEY UPDATE` (`take_turn`) lets those who
// act for one user go one after the other and does not stop new sessions, which refer to the row.
// `FOR UPDATE` (`lock_user`) is for those who are about to change it.

namespace yett::storage::postgres {

namespace {

using accounts::user;

constexpr std::string_view insert_user =
    "INSERT INTO users (id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
constexpr std::string_view insert_user_if_new =
    "INSERT INTO users (id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
constexpr std::string_view select_by_id =
    "SELECT id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at"
    " FROM users WHERE id = $1";
constexpr std::string_view select_for_change =
    "SELECT id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at"
    " FROM users WHERE id = $1 FOR UPDATE";
constexpr std::string_view select_by_email =
    "SELECT id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at"
    " FROM users WHERE email_key = $1";
constexpr std::string_view select_page =
    "SELECT id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at"
    " FROM users WHERE id > $1 ORDER BY id LIMIT $2";
constexpr std::string_view select_counts =
    "SELECT count(*), count(*) FILTER (WHERE disabled), count(*) FILTER (WHERE NOT verified) FROM users";
// References to the user, which every new session makes, do not wait for this lock.
std::string const take_turn = "SELECT " + user_columns() + " FROM users WHERE id = $1 FOR NO KEY UPDATE";
constexpr std::string_view update_password =
    "UPDATE users SET password_hash = $3, password_changed_at = coalesce($4, password_changed_at)"
    " WHERE id = $1 AND password_hash = $2";
constexpr std::string_view update_user =
    "UPDATE users SET verified = coalesce($2, verified), disabled = coalesce($3, disabled), roles = coalesce($4, roles)"
    " WHERE id = $1"
    " RETURNING id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at";
constexpr std::string_view give_letters_up =
    "UPDATE letters SET recipient = '', languages = '', token = '', address = '', agent = '', outcome = 1, closed_at = posted_at"
    " WHERE closed_at IS NULL AND NOT blank AND recipient = (SELECT email FROM users WHERE id = $1 AND email <> '')";
constexpr std::string_view delete_user = "DELETE FROM users WHERE id = $1";

void queue_insertion(database& db, std::string_view sql, user const& added)
{
    db.queue(sql, added.id, added.email, added.email_key, added.password_hash, added.roles, added.verified, added.disabled,
             added.created_at, added.password_changed_at);
}

task<result<void>> insert(database& db, user const& added)
{
    queue_user(db, added);
    co_return result<void>{};
}

task<result<user>> select(database& db, std::string_view sql, std::string const& key)
{
    auto const found = co_await db.ask(sql, key);
    if (!found) co_return found.error();
    if (found->empty()) co_return errc::not_found;
    co_return read_user(found->front());
}

// Nothing changed: either nobody is there, or the hash is another by now.
task<result<void>> replace_hash(database& db, std::string const& id, accounts::password_change const& change)
{
    auto const done = co_await db.ask(update_password, id, change.expected_hash, change.new_hash, change.changed_at);
    if (!done) co_return done.error();
    if (done->changed() > 0) co_return result<void>{};
    auto const found = co_await select(db, select_by_id, id);
    co_return found ? error{errc::conflict} : found.error();
}

task<result<user>> update(database& db, std::string const& id, accounts::user_change const& wanted)
{
    auto const done = co_await db.ask(update_user, id, wanted.verified, wanted.disabled, wanted.roles);
    if (!done) co_return done.error();
    if (done->empty()) co_return errc::not_found;
    co_return read_user(done->front());
}

task<result<std::vector<bool>>> insert_all(database& db, std::vector<user> const& added)
{
    for (auto const& each : added) queue_insertion(db, insert_user_if_new, each);
    auto const told = co_await db.flush();
    if (!told) co_return told.error();
    std::vector<bool> done;
    for (auto const& each : *told) done.push_back(each.changed() > 0);
    co_return done;
}

// The schema removes the sessions. A letter that waits for somebody who is gone does not go.
task<result<void>> erase(database& db, std::string const& id)
{
    db.queue(give_letters_up, id);
    auto const gone = co_await db.ask(delete_user, id);
    if (!gone) co_return gone.error();
    if (gone->changed() == 0) co_return errc::not_found;
    co_return result<void>{};
}

task<result<std::vector<user>>> page(database& db, accounts::user_page const& asked)
{
    auto const found = co_await db.ask(select_page, asked.after, row_limit(asked.limit));
    if (!found) co_return found.error();
    auto const read = [](result_row const& of) { return read_user(of); };
    co_return found->each(read);
}

task<result<accounts::user_count>> tally(database& db)
{
    auto const found = co_await db.ask(select_counts);
    if (!found) co_return found.error();
    accounts::user_count counted;
    counted.all = static_cast<std::size_t>(found->front().integer(0));
    counted.disabled = static_cast<std::size_t>(found->front().integer(1));
    counted.unverified = static_cast<std::size_t>(found->front().integer(2));
    co_return counted;
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
        if (added.empty()) co_return std::vector<bool>{};
        auto work = [added](database& db) { return insert_all(db, added); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<void>> remove(std::string_view id) override
    {
        auto work = [key = std::string{id}](database& db) { return erase(db, key); };
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

std::string const& user_columns()
{
    static std::string const names =
        "id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at";
    return names;
}

accounts::user read_user(result_row const& of, int first)
{
    user found;
    found.id = of.text(first);
    found.email = of.text(first + 1);
    found.email_key = of.text(first + 2);
    found.password_hash = of.text(first + 3);
    found.roles = of.list(first + 4);
    found.verified = of.flag(first + 5);
    found.disabled = of.flag(first + 6);
    found.created_at = of.time(first + 7);
    found.password_changed_at = of.time(first + 8);
    return found;
}

void queue_user(database& db, accounts::user const& added)
{
    queue_insertion(db, insert_user, added);
}

task<result<accounts::user>> lock_user(database& db, std::string const& id)
{
    return select(db, select_for_change, id);
}

void queue_turn(database& db, std::string const& user_id)
{
    db.queue(take_turn, user_id);
}

std::unique_ptr<accounts::user_store> make_user_store(std::shared_ptr<connections> shared)
{
    return std::make_unique<users>(std::move(shared));
}

} // namespace yett::storage::postgres
