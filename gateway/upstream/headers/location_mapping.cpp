#include "gateway/upstream/headers/location_mapping.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/authority.hpp"

namespace yett::upstream {
namespace {

constexpr std::string_view separator = "://";

bool is_same(http::authority const& a, std::string_view text, std::uint16_t usual_port)
{
    auto const b = http::parse_authority(text);
    return b && http::same_server(a, *b, usual_port);
}

} // namespace

std::optional<std::string> location_mapping::mapped(std::string_view location) const
{
    if (asked_.host.empty()) return {}; // HTTP/1.0 need not say
    auto const scheme = server_.scheme;
    if (!http::ascii::equal_ignoring_case(location.substr(0, scheme.size()), scheme)) return {};
    auto rest = location.substr(scheme.size());
    if (!rest.starts_with(separator)) return {};
    rest.remove_prefix(separator.size());
    auto const authority = rest.substr(0, rest.find_first_of("/?#"));
    auto const where = http::parse_authority(authority);
    auto const port = scheme == "https" ? std::uint16_t{443} : std::uint16_t{80};
    if (!where || (!is_same(*where, server_.host, port) && !is_same(*where, told_, port))) return {};
    if (asked_.scheme == scheme && authority == asked_.host) return {};
    std::string text{asked_.scheme};
    text.append(separator).append(asked_.host).append(rest.substr(authority.size()));
    return text;
}

} // namespace yett::upstream
