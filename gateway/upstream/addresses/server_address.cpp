#include "gateway/upstream/addresses/server_address.hpp"

#include "gateway/http/authority.hpp"

#include <fmt/format.h>

namespace yett::upstream {
namespace {

error unfit(std::string_view url, std::string_view why)
{
    return our_error(errc::bad_request, fmt::format("upstream server \"{}\": {}", url, why));
}

std::string without_brackets(std::string_view host)
{
    return std::string{host.starts_with('[') ? host.substr(1, host.size() - 2) : host};
}

result<server_address> on_this_machine(std::string_view url, std::string_view path)
{
    if (!path.starts_with('/')) return unfit(url, "expected unix:/path");
    return server_address{std::string{path}, 0, std::string{url}, server_scheme::unix_socket};
}

} // namespace

result<server_address> server_address::from(std::string_view url)
{
    constexpr std::string_view plain = "http://", secure = "https://", multiplexed = "h2c://", local = "unix:";
    if (url.starts_with(local)) return on_this_machine(url, url.substr(local.size()));
    auto const is_secure = url.starts_with(secure), is_h2c = url.starts_with(multiplexed);
    if (!is_secure && !is_h2c && !url.starts_with(plain)) return unfit(url, "expected http://host:port");
    auto rest = url.substr(is_secure ? secure.size() : is_h2c ? multiplexed.size() : plain.size());
    if (rest.ends_with('/')) rest.remove_suffix(1);
    auto const where = http::parse_authority(rest);
    if (!where) return unfit(url, "expected http://host:port without a path");

    server_address s;
    s.scheme = is_secure ? server_scheme::https : server_scheme::http;
    s.http2 = is_h2c ? http2_use::always : http2_use::never;
    s.port = where->port.value_or(s.usual_port());
    s.text = fmt::format("{}:{}", where->host, s.port);
    s.host = without_brackets(where->host);
    if (is_secure) s.server_name = s.host;
    return s;
}

} // namespace yett::upstream
