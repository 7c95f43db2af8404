#include "gateway/storage/sqlite/api_key_store.hpp"

#include "gateway/storage/sqlite/connections.hpp"
#include "gateway/storage/sqlite/roles.hpp"

// API keys in SQLite. As in all stores here the statements run on the threads of `connections`, so
// that no worker waits for a disk; writes come one at a time and several to a commit.

namespace yett::storage::sqlite {

namespace {

using accounts::api_key;

std::string const select_key =
    "SELECT id, user_id, name, hash, scopes, requests_per_minute, created_at, expires_at, last_used FROM api_keys";
std::string const select_by_id = select_key + " WHERE id = ?1";
std::string const select_by_user = select_key + " WHERE user_id = ?1 ORDER BY created_at DESC, id";
std::string const select_page = select_key + " WHERE id > ?1 ORDER BY id LIMIT ?2";

api_key read_key(statement const& row)
{
    api_key found;
    found.id = row.text(0);
    found.user_id = row.text(1);
    found.name = row.text(2);
    found.hash = row.text(3);
    found.scopes = read_roles(row.text(4));
    found.requests_per_minute = static_cast<std::uint32_t>(row.integer(5));
    found.created_at = row.time(6);
    found.expires_at = row.time_or_null(7);
    found.last_used = row.time_or_null(8);
    return found;
}

result<std::size_t> count_of(database& db, std::string const& user_id)
{
    auto row = db.prepare("SELECT count(*) FROM api_keys WHERE user_id = ?1");
    if (!row.bind(user_id).step()) return row.failure_or(errc::internal);
    return static_cast<std::size_t>(row.integer(0));
}

// One thread writes: nobody adds between the count and the insertion.
result<void> insert(database& db, api_key const& added, std::size_t most)
{
    auto const theirs = count_of(db, added.user_id);
    if (!theirs) return theirs.error();
    if (*theirs >= most) return errc::conflict;
    auto const scopes = write_roles(added.scopes);
    auto row = db.prepare("INSERT INTO api_keys (id, user_id, name, hash, scopes, requests_per_minute, created_at, expires_at,"
                          " last_used) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    row.bind(added.id, added.user_id, added.name, added.hash, scopes, std::int64_t{added.requests_per_minute}, added.created_at,
             added.expires_at, added.last_used);
    return row.run();
}

result<api_key> select(database& db, std::string const& id)
{
    auto row = db.prepare(select_by_id);
    if (!row.bind(id).step()) return row.failure_or(errc::not_found);
    return read_key(row);
}

result<std::vector<api_key>> of_user(database& db, std::string const& user_id)
{
    auto row = db.prepare(select_by_user);
    return row.bind(user_id).rows(read_key);
}

result<std::vector<api_key>> page(database& db, accounts::api_key_page const& asked)
{
    auto row = db.prepare(select_page);
    return row.bind(asked.after, static_cast<std::int64_t>(asked.limit)).rows(read_key);
}

result<void> erase(database& db, std::string const& user_id, std::string const& id)
{
    auto row = db.prepare("DELETE FROM api_keys WHERE user_id = ?1 AND id = ?2 RETURNING id");
    if (!row.bind(user_id, id).step()) return row.failure_or(errc::not_found);
    return row.run();
}

result<std::vector<std::string>> erase_all(database& db, std::string const& user_id)
{
    auto row = db.prepare("DELETE FROM api_keys WHERE user_id = ?1 RETURNING id");
    return row.bind(user_id).rows([](statement const& one) { return one.text(0); });
}

// Never back in time: nodes note uses in the order in which they come to it.
result<void> note_use(database& db, std::string const& id, wall_time used)
{
    auto row = db.prepare("UPDATE api_keys SET last_used = max(coalesce(last_used, ?2), ?2) WHERE id = ?1");
    return row.bind(id, used).run();
}

class api_keys final : public accounts::api_key_store
{
public:
    explicit api_keys(std::shared_ptr<connections> shared) : shared_{std::move(shared)} {}

    task<result<void>> add(api_key const& added, std::size_t most) override
    {
        auto work = [added, most](database& db) { return insert(db, added, most); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<api_key>> find(std::string_view id) override
    {
        auto work = [key = std::string{id}](database& db) { return select(db, key); };
        co_return co_await shared_->read(std::move(work));
    }

    task<result<std::vector<api_key>>> list(std::string_view user_id) override
    {
        auto work = [key = std::string{user_id}](database& db) { return of_user(db, key); };
        co_return co_await shared_->read(std::move(work));
    }

    task<result<std::vector<api_key>>> list_all(accounts::api_key_page const& asked) override
    {
        auto work = [asked](database& db) { return page(db, asked); };
        co_return co_await shared_->read(std::move(work));
    }

    task<result<void>> remove(std::string_view user_id, std::string_view id) override
    {
        auto work = [user = std::string{user_id}, key = std::string{id}](database& db) { return erase(db, user, key); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<std::vector<std::string>>> remove_all(std::string_view user_id) override
    {
        auto work = [user = std::string{user_id}](database& db) { return erase_all(db, user); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<void>> touch(std::string_view id, wall_time used) override
    {
        auto work = [key = std::string{id}, used](database& db) { return note_use(db, key, used); };
        co_return co_await shared_->write(std::move(work));
    }

private:
    std::shared_ptr<connections> shared_;
};

} // namespace

std::unique_ptr<accounts::api_key_store> make_api_key_store(std::shared_ptr<connections> shared)
{
    return std::make_unique<api_keys>(std::move(shared));
}

} // namespace yett::storage::sqlite
