#include "gateway/rewriting/cookie_path.hpp"

#include "gateway/http/ascii.hpp"

#include <algorithm>

// Read as browsers read it (RFC 6265 section 5.2): attributes behind semicolons, names in any case, blanks round both,
// and a value that does not begin with a slash is none.

namespace yett::rewriting {
namespace {

constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) noexcept
{
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

bool is_bound_to_root(std::string_view set_cookie) noexcept
{
    constexpr std::string_view begin = "__Host-";
    return http::ascii::equal_ignoring_case(trimmed(set_cookie).substr(0, begin.size()), begin);
}

// The path that an attribute says; empty when it is another attribute.
std::string_view path_in(std::string_view attribute) noexcept
{
    auto const equals = attribute.find('=');
    if (equals == attribute.npos || !http::ascii::equal_ignoring_case(trimmed(attribute.substr(0, equals)), "path")) return {};
    return trimmed(attribute.substr(equals + 1));
}

} // namespace

std::optional<std::string> with_path_undone(std::string_view set_cookie, prefix_change const& prefixes)
{
    if (is_bound_to_root(set_cookie)) return std::nullopt;
    std::string out;
    std::size_t copied = 0;
    for (auto at = set_cookie.find(';'); at != set_cookie.npos; at = set_cookie.find(';', at + 1)) {
        auto const end = std::min(set_cookie.find(';', at + 1), set_cookie.size());
        auto const path = path_in(set_cookie.substr(at + 1, end - at - 1));
        auto const undone = prefixes.undone_for_cookie(path);
        if (!undone) continue;
        auto const begin = static_cast<std::size_t>(path.data() - set_cookie.data());
        out.append(set_cookie.substr(copied, begin - copied)).append(*undone);
        copied = begin + path.size();
    }
    if (copied == 0) return std::nullopt;
    return out.append(set_cookie.substr(copied));
}

} // namespace yett::rewriting
