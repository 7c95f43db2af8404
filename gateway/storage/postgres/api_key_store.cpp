#include "gateway/storage/postgres/api_key_store.hpp"

#include "gateway/storage/postgres/connections.hpp"
#include "gateway/storage/postgres/user_store.hpp"

// API keys in PostgreSQL, as the port says; the pattern of all stores here. Each method makes its
// work a function of a `database` and hands it over, since the connection lives on another thread:
// so whatever the work needs is copied into it, and the caller's views may be gone by the time it
// runs. A work may run a second time when the server could not serialise it, and then sees nothing
// of the first.

namespace yett::storage::postgres {

namespace {

using accounts::api_key;

std::string const select_key =
    "SELECT id, user_id, name, hash, scopes, requests_per_minute, created_at, expires_at, last_used FROM api_keys";
std::string const select_by_id = select_key + " WHERE id = $1";
std::string const select_by_user = select_key + " WHERE user_id = $1 ORDER BY created_at DESC, id";
std::string const select_page = select_key + " WHERE id > $1 ORDER BY id LIMIT $2";
constexpr std::string_view count_of_user = "SELECT count(*) FROM api_keys WHERE user_id = $1";
constexpr std::string_view insert_key =
    "INSERT INTO api_keys (id, user_id, name, hash, scopes, requests_per_minute, created_at, expires_at, last_used)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
constexpr std::string_view delete_key = "DELETE FROM api_keys WHERE user_id = $1 AND id = $2";
constexpr std::string_view delete_of_user = "DELETE FROM api_keys WHERE user_id = $1 RETURNING id";
constexpr std::string_view note_last_use = "UPDATE api_keys SET last_used = greatest(last_used, $2) WHERE id = $1";

api_key read_key(result_row const& of)
{
    api_key found;
    found.id = of.text(0);
    found.user_id = of.text(1);
    found.name = of.text(2);
    found.hash = of.text(3);
    found.scopes = of.list(4);
    found.requests_per_minute = static_cast<std::uint32_t>(of.integer(5));
    found.created_at = of.time(6);
    found.expires_at = of.time_or_null(7);
    found.last_used = of.time_or_null(8);
    return found;
}

// Those who add for one user take turns: nobody adds between the count and the insertion.
task<result<void>> insert(database& db, api_key const& added, std::size_t most)
{
    queue_turn(db, added.user_id);
    auto const theirs = co_await db.ask(count_of_user, added.user_id);
    if (!theirs) co_return theirs.error();
    if (static_cast<std::size_t>(theirs->front().integer(0)) >= most) co_return errc::conflict;
    db.queue(insert_key, added.id, added.user_id, added.name, added.hash, added.scopes, std::int64_t{added.requests_per_minute},
             added.created_at, added.expires_at, added.last_used);
    co_return result<void>{};
}

task<result<std::vector<api_key>>> of_user(database& db, std::string const& user_id)
{
    auto const found = co_await db.ask(select_by_user, user_id);
    if (!found) co_return found.error();
    co_return found->each(read_key);
}

task<result<api_key>> select(database& db, std::string const& id)
{
    auto const found = co_await db.ask(select_by_id, id);
    if (!found) co_return found.error();
    if (found->empty()) co_return errc::not_found;
    co_return read_key(found->front());
}

task<result<std::vector<api_key>>> page(database& db, accounts::api_key_page const& asked)
{
    auto const found = co_await db.ask(select_page, asked.after, row_limit(asked.limit));
    if (!found) co_return found.error();
    co_return found->each(read_key);
}

task<result<void>> erase(database& db, std::string const& user_id, std::string const& id)
{
    auto const gone = co_await db.ask(delete_key, user_id, id);
    if (!gone) co_return gone.error();
    if (gone->changed() == 0) co_return errc::not_found;
    co_return result<void>{};
}

task<result<std::vector<std::string>>> erase_all(database& db, std::string const& user_id)
{
    auto const gone = co_await db.ask(delete_of_user, user_id);
    if (!gone) co_return gone.error();
    auto const read_id = [](result_row const& of) { return of.text(0); };
    co_return gone->each(read_id);
}

task<result<void>> note_use(database& db, std::string const& id, wall_time used)
{
    db.queue(note_last_use, id, used);
    co_return result<void>{};
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

} // namespace yett::storage::postgres
