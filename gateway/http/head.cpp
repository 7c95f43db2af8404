#include "gateway/http/head.hpp"

#include "gateway/http/known_names.hpp"
#include "gateway/http/response_head.hpp"

#include <algorithm>
#include <array>

// Questions about a head that was read. A known name is asked for by its number: one comparison a
// field, and none at all when the bit of `present` says that it is not there. Which methods are
// safe and idempotent decides what may be sent a second time; a method that is not on the list is
// neither.

namespace yett::http {

namespace {

// In the order of `method`.
constexpr std::array<std::string_view, 17> method_names{"GET",     "HEAD",     "POST",      "PUT",    "DELETE", "PATCH",
                                                        "OPTIONS", "PROPFIND", "PROPPATCH", "MKCOL",  "COPY",   "MOVE",
                                                        "LOCK",    "UNLOCK",   "REPORT",    "SEARCH", "QUERY"};

} // namespace

std::string_view name_of(method m) noexcept
{
    return m == method::other ? std::string_view{} : method_names[static_cast<std::size_t>(m)];
}

std::optional<method> method_named(std::string_view word) noexcept
{
    // The two of nearly every request.
    if (word == "GET") return method::get;
    if (word == "POST") return method::post;
    for (std::size_t i = 0; i < method_names.size(); ++i)
        if (method_names[i] == word) return static_cast<method>(i);
    return {};
}

bool is_usual(std::string_view word) noexcept
{
    auto const known = method_named(word);
    return known && *known != method::query;
}

bool is_safe(method m) noexcept
{
    switch (m) {
    case method::get:
    case method::head:
    case method::options:
    case method::propfind:
    case method::report:
    case method::search:
    case method::query: return true;
    default: return false;
    }
}

bool is_idempotent(method m) noexcept
{
    switch (m) {
    case method::put:
    case method::delete_:
    case method::proppatch:
    case method::mkcol:
    case method::copy:
    case method::move:
    case method::unlock: return true;
    default: return is_safe(m);
    }
}

known known_named(std::string_view name) noexcept
{
    return known_names::find(name);
}

namespace {

field const* find_field(std::span<field const> fields, known id) noexcept
{
    auto const at = std::find_if(fields.begin(), fields.end(), [id](field const& f) { return f.id == id; });
    return at == fields.end() ? nullptr : &*at;
}

field const* find_field(std::span<field const> fields, std::string_view name) noexcept
{
    auto const same = [name](field const& f) { return ascii::equal_ignoring_case(f.name, name); };
    auto const at = std::find_if(fields.begin(), fields.end(), same);
    return at == fields.end() ? nullptr : &*at;
}

} // namespace

field const* head::search(known id) const noexcept
{
    return find_field(fields_, id);
}

field const* head::find(std::string_view name) const noexcept
{
    return find_field(fields_, name);
}

std::size_t head::count(known id) const noexcept
{
    if (!has(id)) return 0;
    auto const same = [id](field const& f) { return f.id == id; };
    return static_cast<std::size_t>(std::count_if(fields_.begin(), fields_.end(), same));
}

std::string_view head::value(known id) const noexcept
{
    auto const* found = find(id);
    return found ? found->value : std::string_view{};
}

field const* response_head::find(known id) const noexcept
{
    return find_field(fields_, id);
}

field const* response_head::find(std::string_view name) const noexcept
{
    return find_field(fields_, name);
}

std::string_view response_head::value(known id) const noexcept
{
    auto const* found = find(id);
    return found ? found->value : std::string_view{};
}

} // namespace yett::http
