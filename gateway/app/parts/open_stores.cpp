#include "gateway/app/parts/open_stores.hpp"

#include "gateway/accounts/issue.hpp"
#include "gateway/app/parts/postgres_options.hpp"
#include "gateway/app/parts/redis_options.hpp"
#include "gateway/app/parts/startup_error.hpp"
#include "gateway/app/parts/storage_schema.hpp"
#include "gateway/app/parts/translate.hpp"
#include "gateway/storage/memory/key_store.hpp"
#include "gateway/storage/memory/stores.hpp"
#include "gateway/storage/postgres/key_store.hpp"
#include "gateway/storage/postgres/stores.hpp"
#include "gateway/storage/redis/announced_stores.hpp"
#include "gateway/storage/redis/sessions/session_store.hpp"
#include "gateway/storage/sqlite/key_store.hpp"
#include "gateway/storage/sqlite/stores.hpp"
#include "gateway/tokens/keys/key_files.hpp"

namespace yett::app {
namespace {

// Of Redis, to what nobody waits for.
constexpr seconds longest_answer{1};
// Of the Redis that logins and refreshes wait for, each time it is asked.
constexpr seconds longest_session_answer{2};

[[noreturn]] void refuse(std::exception const& why)
{
    throw startup_error{startup_error::blame::unavailable, std::string{"storage: "} + why.what()};
}

// Of a file.
void make_folder(config::storage const& s)
try {
    if (auto const folder = s.file.parent_path(); !folder.empty()) std::filesystem::create_directories(folder);
} catch (std::exception const& why) {
    refuse(why);
}

} // namespace

accounts::stores open_stores_as_they_are(config::storage const& s)
try {
    if (s.kind == config::storage_kind::memory) return storage::memory::make_stores();
    if (s.kind == config::storage_kind::postgresql) return storage::postgres::make_stores(postgres_options(s));
    return storage::sqlite::make_stores(s.file.string());
} catch (std::exception const& why) {
    refuse(why);
}

accounts::stores open_stores(config::storage const& s, storage::schema::witness const& told)
{
    make_folder(s);
    prepare_schema(s, told);
    return open_stores_as_they_are(s);
}

accounts::stores open_stores_and_sessions(config::settings const& s, storage::schema::witness const& told)
try {
    auto made = open_stores(s.storage, told);
    auto const& apart = s.storage.sessions;
    if (!apart.in_redis) return made;
    auto how = redis_options(apart.redis, apart.url_file, "sessions.url_file", longest_session_answer);
    storage::redis::session_dependencies beside{std::move(made.sessions), *made.users, *made.ends, made.now,
                                                accounts::longest_session(rules_of(s))};
    made.sessions = storage::redis::make_session_store(std::move(how), std::move(beside));
    return made;
} catch (startup_error const&) {
    throw;
} catch (std::exception const& why) {
    refuse(why);
}

accounts::stores open_shared_stores(config::settings const& s, storage::schema::witness const& told)
{
    auto stores = open_stores_and_sessions(s, told);
    auto const& shared = s.shared_state;
    if (shared.kind == config::shared_state_kind::redis && stores.feed)
        storage::redis::announce_revocations(
            stores, redis_options(shared.redis, shared.url_file, "shared_state.url_file", longest_answer), shared.prefix);
    return stores;
}

std::unique_ptr<tokens::key_store> open_key_store(config::settings const& s, storage::schema::witness const& told)
try {
    if (auto const& directory = s.tokens.keys.directory; !directory.empty()) return tokens::make_key_files(directory.string());
    if (s.storage.kind == config::storage_kind::memory) return storage::memory::make_key_store();
    make_folder(s.storage);
    prepare_schema(s.storage, told);
    if (s.storage.kind == config::storage_kind::postgresql) return storage::postgres::make_key_store(postgres_options(s.storage));
    return storage::sqlite::make_key_store(s.storage.file.string());
} catch (startup_error const&) {
    throw;
} catch (std::exception const& why) {
    refuse(why);
}

} // namespace yett::app
