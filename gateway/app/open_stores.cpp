#include "gateway/app/open_stores.hpp"

#include "config/environment.hpp"
#include "config/secrets.hpp"
#include "gateway/app/startup_error.hpp"
#include "gateway/app/storage_schema.hpp"
#include "gateway/storage/memory/key_store.hpp"
#include "gateway/storage/memory/stores.hpp"
#include "gateway/storage/postgres/key_store.hpp"
#include "gateway/storage/postgres/stores.hpp"
#include "gateway/storage/sqlite/key_store.hpp"
#include "gateway/storage/sqlite/stores.hpp"
#include "gateway/tokens/key_files.hpp"

namespace yett::app {
namespace {

std::string file_of(config::storage const& s)
{
    if (auto const folder = s.file.parent_path(); !folder.empty()) std::filesystem::create_directories(folder);
    return s.file.string();
}

// Where Debian keeps the certificates that everybody trusts; libpq knows no such place.
constexpr auto system_certificates = "/etc/ssl/certs/ca-certificates.crt";

storage::postgres::login login_of(config::postgres_url const& url)
{
    storage::postgres::login as;
    for (auto const& each : url.servers) as.servers.push_back({each.host, each.port});
    as.user = url.user;
    as.password = url.password;
    as.passfile = url.passfile;
    as.database = url.database;
    as.tls_mode = url.sslmode;
    as.tls_root = url.sslrootcert.empty() && url.sslmode.starts_with("verify-") ? system_certificates : url.sslrootcert;
    as.tls_certificate = url.sslcert;
    as.tls_key = url.sslkey;
    return as;
}

result<storage::postgres::login> read_login(std::filesystem::path const& file)
{
    auto const text = config::read_secret(file, config::process_environment());
    if (!text) return our_error(errc::storage_unavailable, "storage.url_file: " + text.error().note());
    auto const url = config::parse_postgres_url(text->reveal());
    if (!url) return our_error(errc::storage_unavailable, "storage.url_file: its URL " + url.error().note());
    return login_of(*url);
}

[[noreturn]] void refuse(std::exception const& why)
{
    throw startup_error{startup_error::blame::unavailable, std::string{"storage: "} + why.what()};
}

} // namespace

storage::postgres::options postgres_options(config::storage const& s)
{
    storage::postgres::options by;
    by.connections = s.connections;
    if (s.url_file.empty()) by.read_login = [as = login_of(s.postgres)] { return result<storage::postgres::login>{as}; };
    else by.read_login = [file = s.url_file] { return read_login(file); };
    return by;
}

accounts::stores open_stores(config::storage const& s, storage::schema::witness const& told)
try {
    if (s.kind == config::storage_kind::memory) return storage::memory::make_stores();
    if (s.kind == config::storage_kind::postgresql) return storage::postgres::make_stores(postgres_options(s));
    auto const file = file_of(s);
    prepare_schema(s, told);
    return storage::sqlite::make_stores(file);
} catch (startup_error const&) {
    throw;
} catch (std::exception const& why) {
    refuse(why);
}

std::unique_ptr<tokens::key_store> open_key_store(config::settings const& s, storage::schema::witness const& told)
try {
    if (auto const& directory = s.tokens.keys.directory; !directory.empty()) return tokens::make_key_files(directory.string());
    if (s.storage.kind == config::storage_kind::memory) return storage::memory::make_key_store();
    if (s.storage.kind == config::storage_kind::postgresql) return storage::postgres::make_key_store(postgres_options(s.storage));
    auto const file = file_of(s.storage);
    prepare_schema(s.storage, told);
    return storage::sqlite::make_key_store(file);
} catch (startup_error const&) {
    throw;
} catch (std::exception const& why) {
    refuse(why);
}

} // namespace yett::app
