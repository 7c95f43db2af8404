#include "gateway/app/parts/redis_options.hpp"

#include "gateway/app/parts/url_in_file.hpp"

namespace yett::app {
namespace {

storage::redis::redis_login login_of(config::redis_url const& url)
{
    storage::redis::redis_login as;
    for (auto const& each : url.hosts) as.addresses.push_back({each.host, each.port});
    as.master_name = url.master_name;
    as.user = url.user;
    as.password = url.password;
    as.sentinel_user = url.sentinel_user;
    as.sentinel_password = url.sentinel_password;
    as.database = url.database;
    as.tls = url.tls;
    as.files = {url.ca_file, url.certificate_file, url.key_file};
    return as;
}

result<storage::redis::redis_login> read_login(std::filesystem::path const& file, std::string const& key)
{
    auto const url = read_url(file, key, config::parse_redis_url);
    if (!url) return url.error();
    return login_of(*url);
}

} // namespace

storage::redis::redis_options redis_options(config::redis_url const& url, std::filesystem::path const& url_file,
                                            std::string const& key, milliseconds timeout)
{
    storage::redis::redis_options how;
    how.timeout = timeout;
    if (url_file.empty()) how.read_login = [as = login_of(url)] { return result<storage::redis::redis_login>{as}; };
    else how.read_login = [url_file, key] { return read_login(url_file, key); };
    return how;
}

} // namespace yett::app
