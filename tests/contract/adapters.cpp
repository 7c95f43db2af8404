#include "tests/contract/adapters.hpp"

#include "gateway/storage/memory/stores.hpp"
#include "gateway/storage/postgres/stores.hpp"
#include "gateway/storage/redis/sessions/session_store.hpp"
#include "gateway/storage/sqlite/stores.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/temporary_folder.hpp"

namespace yett::tests {

namespace {

opened open_memory()
{
    return {nullptr, storage::memory::make_stores()};
}

opened open_sqlite()
{
    auto folder = std::make_shared<temporary_folder>();
    return {folder, storage::sqlite::make_stores(folder->file("yett.db"))};
}

opened open_postgres()
{
    auto database = std::make_shared<postgres_database>();
    return {database, storage::postgres::make_stores(database->options())};
}

opened open_pooled_postgres()
{
    auto database = std::make_shared<postgres_database>();
    return {database, storage::postgres::make_stores(database->options_through_pooler())};
}

// The same with its sessions in a Redis that holds nothing yet.
opened with_sessions_in_redis(opened made)
{
    static_cast<void>(shared_redis().ask({"FLUSHALL"}));
    auto& stores = made.stores;
    storage::redis::session_dependencies beside{std::move(stores.sessions), *stores.users, *stores.ends, [] { return noon; },
                                                std::chrono::hours{24 * 30}};
    stores.sessions = storage::redis::make_session_store(shared_redis().options(), std::move(beside));
    return made;
}

} // namespace

std::vector<adapter> const& adapters()
{
    static std::vector<adapter> const all{
        {"memory", open_memory},
        {"sqlite", open_sqlite},
        {"postgres", open_postgres},
        {"postgres through a pooler", open_pooled_postgres},
        {"sqlite, sessions in redis", [] { return with_sessions_in_redis(open_sqlite()); }},
        {"postgres, sessions in redis", [] { return with_sessions_in_redis(open_postgres()); }}};
    return all;
}

accounts::user some_user(std::string const& name)
{
    accounts::user made;
    made.id = "id-of-" + name;
    made.email = name + "@example.com";
    made.email_key = made.email;
    made.password_hash = "hash-of-" + name;
    made.created_at = noon;
    made.password_changed_at = noon;
    return made;
}

accounts::session some_session(accounts::user const& owner, std::string const& id)
{
    accounts::session made;
    made.id = id;
    made.user_id = owner.id;
    made.family = "family-of-" + id;
    made.current_hash = "t0";
    made.rotated_at = noon;
    made.created_at = noon;
    made.last_seen = noon;
    made.idle_until = noon + std::chrono::hours{24};
    made.expires_at = noon + std::chrono::hours{24 * 30};
    made.access_until = noon + std::chrono::minutes{15};
    made.from = {"192.0.2.1", "curl/8"};
    return made;
}

accounts::rotation some_rotation(accounts::session const& of, std::string const& presented, std::string const& successor)
{
    accounts::rotation asked;
    asked.family = of.family;
    asked.presented_hash = presented;
    asked.successor_hash = successor;
    asked.successor_salt = std::string{"salt\0of ", 8} + successor;
    asked.now = noon + seconds{60};
    asked.grace = seconds{10};
    asked.idle_until = noon + std::chrono::hours{25};
    asked.access_until = noon + std::chrono::minutes{16};
    asked.from = {"2001:db8::2", "Firefox"};
    return asked;
}

} // namespace yett::tests
