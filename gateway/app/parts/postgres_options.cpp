#include "gateway/app/parts/postgres_options.hpp"

#include "gateway/app/parts/url_in_file.hpp"

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

result<storage::postgres::login> read_login(std::filesystem::path const& file, std::string const& key, bool pooled)
{
    auto const url = read_url(file, key, config::parse_postgres_url);
    if (!url) return url.error();
    return login_of(*url, pooled);
}

// What came from a file is read again each time.
std::function<result<storage::postgres::login>()> reader_of(config::postgres_url const& url, std::filesystem::path const& file,
                                                            std::string const& key, bool pooled)
{
    if (file.empty()) return [as = login_of(url, pooled)] { return result<storage::postgres::login>{as}; };
    return [file, key, pooled] { return read_login(file, key, pooled); };
}

} // namespace

storage::postgres::options postgres_options(config::storage const& s)
{
    storage::postgres::options by;
    by.connections = s.connections;
    auto const pooled = !s.prepared;
    by.read_login = reader_of(s.postgres, s.url_file, "storage.url_file", pooled);
    by.read_listen_login =
        s.listen_url.empty() ? by.read_login : reader_of(s.listen, s.listen_url_file, "storage.listen_url_file", false);
    return by;
}

} // namespace yett::app
