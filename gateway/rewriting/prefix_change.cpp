#include "gateway/rewriting/prefix_change.hpp"

#include "gateway/http/ascii.hpp"

#include <algorithm>

// Going back is not going forth in reverse: an application may name any path, and what it names is not bound to lie
// where requests come to. What does not is left as it is, for it was never under another name.

namespace yett::rewriting {
namespace {

// Where a path ends or a segment of it does, in whatever holds a path.
bool ends_segment(std::string_view text, std::size_t at) noexcept
{
    return at == text.size() || text[at] == '/' || text[at] == '?' || text[at] == '#';
}

bool begins_with(std::string_view text, std::string_view prefix, bool any_case) noexcept
{
    if (text.size() < prefix.size() || !ends_segment(text, prefix.size())) return false;
    auto const front = text.substr(0, prefix.size());
    return any_case ? http::ascii::equal_ignoring_case(front, prefix) : front == prefix;
}

// Two slashes name a host. To browsers a backslash is one of them, and tabs and line ends between them are nothing.
bool names_host(std::string_view location) noexcept
{
    if (location.size() < 2) return false;
    auto const second = static_cast<unsigned char>(location[1]);
    return second == '/' || second == '\\' || second <= ' ';
}

} // namespace

prefix_change::prefix_change(std::string strip, std::string add, bool any_case)
    : strip_{std::move(strip)},
      add_{std::move(add)},
      any_case_{any_case}
{
}

std::string_view prefix_change::stripped(std::string_view path) const noexcept
{
    if (strip_.empty() || !begins_with(path, strip_, any_case_)) return path;
    path.remove_prefix(strip_.size());
    return path.empty() ? "/" : path;
}

bool prefix_change::is_below_added(std::string_view path) const noexcept
{
    return begins_with(path, add_, false);
}

std::optional<std::string> prefix_change::undone(std::string_view location) const
{
    if (changes_nothing() || !begins_with(location, add_, false)) return std::nullopt;
    auto const rest = location.substr(add_.size());
    auto back = strip_;
    if (!rest.starts_with('/')) back += '/';
    back += rest;
    if (names_host(back)) return std::nullopt;
    return back;
}

std::optional<std::string> prefix_change::undone_for_cookie(std::string_view path) const
{
    if (changes_nothing() || !path.starts_with('/')) return std::nullopt;
    auto const all = path.substr(0, path.find_last_not_of('/') + 1); // "/" is empty here, as a prefix is
    if (begins_with(add_, all, false)) return strip_.empty() ? "/" : strip_;
    if (!begins_with(path, add_, false)) return std::nullopt;
    auto const rest = path.substr(add_.size());
    if (!rest.starts_with('/')) return std::nullopt; // a '?' ends an address's path, and is a part of a cookie's
    return strip_ + std::string{rest};
}

} // namespace yett::rewriting
