#include "gateway/http/head.hpp"

#include "gateway/http/known_names.hpp"
#include "gateway/http/response_head.hpp"

#include <algorithm>
#include <array>

namespace yett::http {

std::string_view name_of(method m) noexcept
{
    constexpr std::array<std::string_view, 7> names{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
    return names[static_cast<std::size_t>(m)];
}

std::optional<method> method_named(std::string_view word) noexcept
{
    switch (word.size()) {
    case 3:
        if (word == "GET") return method::get;
        if (word == "PUT") return method::put;
        break;
    case 4:
        if (word == "POST") return method::post;
        if (word == "HEAD") return method::head;
        break;
    case 5:
        if (word == "PATCH") return method::patch;
        break;
    case 6:
        if (word == "DELETE") return method::delete_;
        break;
    case 7:
        if (word == "OPTIONS") return method::options;
        break;
    default: break;
    }
    return {};
}

bool is_safe(method m) noexcept
{
    return m == method::get || m == method::head || m == method::options;
}

bool is_idempotent(method m) noexcept
{
    return is_safe(m) || m == method::put || m == method::delete_;
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
