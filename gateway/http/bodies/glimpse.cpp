#include "gateway/http/bodies/glimpse.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/field_list.hpp"
#include "gateway/http/head.hpp"

// A look at a head that was refused, for its error page and its line in the log. These bytes are
// malformed, incomplete or too long by definition; nothing here fails, nothing is believed, and
// what cannot be seen stays empty. Of two fields of one name the last wins, which is of no
// consequence: no decision rests on it but the language and form of an error.

namespace yett::http {
namespace {

constexpr std::size_t longest_method = 32;
constexpr std::size_t longest_path = 2048;

std::string_view until(std::string_view text, std::string_view ends) noexcept
{
    return text.substr(0, text.find_first_of(ends));
}

// An absolute form (RFC 9112 section 3.2.2) has the path behind its authority. The query is left
// out: it may hold secrets.
std::string_view path_of(std::string_view target) noexcept
{
    if (!target.starts_with('/') && target != "*") {
        auto const scheme = target.find("://");
        auto const begin = scheme == target.npos ? scheme : target.find('/', scheme + 3);
        target = begin == target.npos ? std::string_view{} : target.substr(begin);
    }
    return until(target, "?#").substr(0, longest_path);
}

void read_first_line(std::string_view line, glimpse& seen) noexcept
{
    auto const method = until(line, " ");
    if (!ascii::is_token(method) || method.size() > longest_method || method.size() == line.size()) return;
    seen.method = method;
    seen.path = path_of(until(line.substr(method.size() + 1), " "));
}

void read_field(std::string_view line, glimpse& seen) noexcept
{
    auto const name = until(line, ":");
    if (name.size() == line.size()) return;
    auto const value = trimmed(line.substr(name.size() + 1));
    switch (known_named(name)) {
    case known::host: seen.host = value; break;
    case known::accept: seen.accept = value; break;
    case known::accept_language: seen.accept_language = value; break;
    case known::content_type: seen.content_type = value; break;
    case known::sec_fetch_mode: seen.sec_fetch_mode = value; break;
    case known::user_agent: seen.user_agent = value; break;
    default: break;
    }
}

} // namespace

glimpse glimpse_of(std::string_view head) noexcept
{
    glimpse seen;
    auto const first = until(head, "\r\n");
    read_first_line(first, seen);
    if (seen.method.empty()) return seen;
    head.remove_prefix(first.size());
    while (!head.empty()) {
        head.remove_prefix(head.starts_with("\r\n") ? 2 : 1);
        auto const line = until(head, "\r\n");
        if (line.empty()) break; // what follows belongs to no head
        read_field(line, seen);
        head.remove_prefix(line.size());
    }
    return seen;
}

} // namespace yett::http
