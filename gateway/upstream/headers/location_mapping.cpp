#include "gateway/upstream/headers/location_mapping.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/authority.hpp"

namespace yett::upstream {
namespace {

constexpr std::string_view scheme = "http";
constexpr std::string_view separator = "://";

bool is_same(http::authority const& a, std::string_view text)
{
    auto const b = http::parse_authority(text);
    return b && http::same_server(a, *b, 80);
}

} // namespace

std::optional<std::string> location_mapping::mapped(std::string_view location) const
{
    if (asked_.host.empty()) return {}; // HTTP/1.0 need not say
    if (!http::ascii::equal_ignoring_case(location.substr(0, scheme.size()), scheme)) return {};
    auto rest = location.substr(scheme.size());
    if (!rest.starts_with(separator)) return {};
    rest.remove_prefix(separator.size());
    auto const authority = rest.substr(0, rest.find_first_of("/?#"));
    auto const where = http::parse_authority(authority);
    if (!where || (!is_same(*where, server_) && !is_same(*where, told_))) return {};
    if (asked_.scheme == scheme && authority == asked_.host) return {};
    std::string text{asked_.scheme};
    text.append(separator).append(asked_.host).append(rest.substr(authority.size()));
    return text;
}

} // namespace yett::upstream
