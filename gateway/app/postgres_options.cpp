#include "gateway/app/postgres_options.hpp"

#include "config/environment.hpp"
#include "config/secrets.hpp"

namespace yett::app {
namespace {

// Where Debian keeps the certificates that everybody trusts; libpq knows no such place.
constexpr auto system_certificates = "/etc/ssl/certs/ca-certificates.crt";

storage::postgres::login login_of(config::postgres_url const& url, bool pooled)
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
    as.pooled = pooled;
    return as;
}

result<storage::postgres::login> read_login(std::filesystem::path const& file, bool pooled)
{
    auto const text = config::read_secret(file, config::process_environment());
    if (!text) return our_error(errc::storage_unavailable, "storage.url_file: " + text.error().note());
    auto const url = config::parse_postgres_url(text->reveal());
    if (!url) return our_error(errc::storage_unavailable, "storage.url_file: its URL " + url.error().note());
    return login_of(*url, pooled);
}

} // namespace

storage::postgres::options postgres_options(config::storage const& s)
{
    storage::postgres::options by;
    by.connections = s.connections;
    auto const pooled = !s.prepared;
    if (s.url_file.empty()) by.read_login = [as = login_of(s.postgres, pooled)] { return result<storage::postgres::login>{as}; };
    else by.read_login = [file = s.url_file, pooled] { return read_login(file, pooled); };
    return by;
}

} // namespace yett::app
