#include "gateway/upstream/cluster/server_address.hpp"

#include "gateway/http/authority.hpp"

#include <fmt/format.h>

namespace yett::upstream {
namespace {

error unfit(std::string_view url, std::string_view why)
{
    return our_error(errc::bad_request, fmt::format("upstream server \"{}\": {}", url, why));
}

bool is_promised(std::string_view url)
{
    return url.starts_with("https://") || url.starts_with("h2c://") || url.starts_with("unix:");
}

} // namespace

result<server_address> server_address::from(std::string_view url)
{
    constexpr std::string_view scheme = "http://";
    if (is_promised(url))
        return our_error(errc::not_implemented, fmt::format("upstream server \"{}\": not supported by this build", url));
    if (!url.starts_with(scheme)) return unfit(url, "expected http://host:port");
    auto rest = url.substr(scheme.size());
    if (rest.ends_with('/')) rest.remove_suffix(1);
    auto const where = http::parse_authority(rest);
    if (!where) return unfit(url, "expected http://host:port without a path");

    server_address s;
    s.port = where->port.value_or(80);
    s.text = fmt::format("{}:{}", where->host, s.port);
    auto host = where->host;
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    s.host = host;
    return s;
}

} // namespace yett::upstream
