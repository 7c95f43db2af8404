#include "gateway/upstream/headers/location_mapping.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/authority.hpp"
#include "gateway/rewriting/prefix_change.hpp"

#include <cstdint>

namespace yett::upstream {
namespace {

constexpr std::string_view separator = "://";

bool is_same(http::authority const& a, std::string_view text, std::uint16_t usual_port)
{
    auto const b = http::parse_authority(text);
    return b && http::same_server(a, *b, usual_port);
}

// Of this site whatever that is: one slash, and nothing behind it that browsers take for another.
bool is_path_alone(std::string_view location) noexcept
{
    if (!location.starts_with('/')) return false;
    auto const second = location.size() > 1 ? location[1] : 'x';
    return second != '/' && second != '\\' && static_cast<unsigned char>(second) > ' ';
}

} // namespace

struct location_mapping::named
{
    static std::optional<named> from(std::string_view location)
    {
        auto const mark = location.find(separator);
        if (mark == location.npos) return std::nullopt;
        auto const rest = location.substr(mark + separator.size());
        auto const text = rest.substr(0, rest.find_first_of("/?#"));
        auto const where = http::parse_authority(text);
        if (!where) return std::nullopt;
        return named{location.substr(0, mark), text, *where, rest.substr(text.size())};
    }
    bool is_at(address const& a) const
    {
        return http::ascii::equal_ignoring_case(scheme, a.scheme) && is_same(where, a.host, a.scheme == "https" ? 443 : 80);
    }

    std::string_view scheme;
    std::string_view authority;
    http::authority where;
    std::string_view rest; // path, query and fragment
};

std::optional<std::string> location_mapping::path_undone(std::string_view path) const
{
    return prefixes_ ? prefixes_->undone(path) : std::nullopt;
}

bool location_mapping::is_of_application(named const& location) const
{
    return location.is_at({server_.scheme, server_.host}) || location.is_at({server_.scheme, told_});
}

std::optional<std::string> location_mapping::mapped(std::string_view location) const
{
    if (is_path_alone(location)) return path_undone(location);
    if (asked_.host.empty()) return {}; // HTTP/1.0 need not say
    auto const there = named::from(location);
    if (!there) return {};
    auto const of_application = is_of_application(*there);
    if (!of_application && !(prefixes_ && there->is_at(asked_))) return {};
    auto const path = path_undone(there->rest);
    auto const is_known = !of_application || (asked_.scheme == server_.scheme && there->authority == asked_.host);
    if (!path && is_known) return {};
    std::string text{asked_.scheme};
    text.append(separator).append(asked_.host).append(path ? *path : there->rest);
    return text;
}

} // namespace yett::upstream
