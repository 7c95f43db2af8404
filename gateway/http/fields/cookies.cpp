#include "gateway/http/fields/cookies.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/field_list.hpp"
#include "gateway/http/head.hpp"

#include <algorithm>

// The Cookie field as browsers send it and Set-Cookie as they take it (RFC 6265bis), which is
// looser when reading than when writing. Reading finds every cookie of a name, for a browser may
// send several (of two paths, of a parent domain), and whoever asks has to say what that means.
// Removing compares names without case and with blanks around, wider than finding does: what an
// application might take for our cookie must not reach it.

namespace yett::http {
namespace {

// Takes the part up to the next semicolon off the front.
std::string_view next_pair(std::string_view& rest) noexcept
{
    auto const end = std::min(rest.find(';'), rest.size());
    auto const pair = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return pair;
}

std::string_view name_in(std::string_view pair) noexcept
{
    return trimmed(pair.substr(0, pair.find('=')));
}

// Calls `take` with each value that is not empty.
template<class Take>
void look_through(std::string_view field_value, std::string_view name, Take const& take)
{
    while (!field_value.empty()) {
        auto const pair = next_pair(field_value);
        if (pair.size() <= name.size() + 1 || pair[name.size()] != '=' || !pair.starts_with(name)) continue;
        take(pair.substr(name.size() + 1));
    }
}

bool is_attribute_value(std::string_view text) noexcept
{
    return ascii::all(text, ascii::target_char) && text.find(';') == std::string_view::npos;
}

// What browsers hold a name with these prefixes to (RFC 6265bis section 4.1.3).
bool keeps_promise_of_name(set_cookie const& c) noexcept
{
    if (c.name.starts_with("__Host-")) return c.secure && c.path == "/" && c.domain.empty();
    return !c.name.starts_with("__Secure-") || c.secure;
}

char const* fault_of(set_cookie const& c) noexcept
{
    if (!ascii::is_token(c.name)) return "cookie name is no token";
    if (!ascii::all(c.value, ascii::cookie_char)) return "cookie value has bytes that no cookie can hold";
    if (!c.path.starts_with('/') || !is_attribute_value(c.path)) return "cookie path is malformed";
    if (!std::all_of(c.domain.begin(), c.domain.end(), [](char x) { return x == '.' || ascii::is(x, ascii::host_char); }))
        return "cookie domain is malformed";
    if (!keeps_promise_of_name(c)) return "cookie breaks the promise of its prefix";
    if (c.same_site == same_site::none && !c.secure) return "SameSite=None needs Secure";
    // Browsers drop larger ones without a word.
    if (c.name.size() + c.value.size() > 4096) return "cookie is too large";
    return nullptr;
}

std::string_view name_of(same_site s) noexcept
{
    return s == same_site::strict ? "Strict" : s == same_site::lax ? "Lax" : "None";
}

bool names_one_of(std::string_view cookie, std::span<std::string const> names) noexcept
{
    return std::any_of(names.begin(), names.end(),
                       [cookie](auto const& name) { return ascii::equal_ignoring_case(name, cookie); });
}

} // namespace

cookies_of_name find_cookies(head const& h, std::string_view name) noexcept
{
    cookies_of_name found;
    auto const take = [&found](std::string_view value) {
        if (found.count++ == 0) found.value = value;
    };
    for (auto const& f : h.fields())
        if (f.id == known::cookie) look_through(f.value, name, take);
    return found;
}

std::vector<std::string_view> values_of_cookies(head const& h, std::string_view name, std::size_t most)
{
    std::vector<std::string_view> values;
    auto const take = [&values, most](std::string_view value) {
        if (values.size() < most && std::ranges::find(values, value) == values.end()) values.push_back(value);
    };
    for (auto const& f : h.fields())
        if (f.id == known::cookie) look_through(f.value, name, take);
    return values;
}

void append_cookies_without(std::string_view field_value, std::span<std::string const> names, std::string& out)
{
    std::string_view between;
    while (!field_value.empty()) {
        auto const pair = next_pair(field_value);
        if (pair.empty() || names_one_of(name_in(pair), names)) continue;
        out.append(between).append(pair);
        between = "; ";
    }
}

// Browsers take "=name=value" and " name" for the cookie's name, too.
bool sets_one_of(std::string_view field_value, std::span<std::string const> names) noexcept
{
    auto pair = next_pair(field_value);
    pair.remove_prefix(std::min(pair.find_first_not_of("= \t"), pair.size()));
    return names_one_of(name_in(pair), names);
}

result<std::string> format(set_cookie const& c)
{
    if (auto const* fault = fault_of(c)) return our_error(errc::internal, fault);
    std::string text;
    text.append(c.name).append("=").append(c.value).append("; Path=").append(c.path);
    if (!c.domain.empty()) text.append("; Domain=").append(c.domain);
    if (c.max_age) text.append("; Max-Age=").append(std::to_string(std::max<std::int64_t>(c.max_age->count(), 0)));
    if (c.secure) text.append("; Secure");
    if (c.http_only) text.append("; HttpOnly");
    text.append("; SameSite=").append(name_of(c.same_site));
    return text;
}

result<std::string> format_deletion(set_cookie cookie)
{
    cookie.value = {};
    cookie.max_age = seconds{0};
    return format(cookie);
}

} // namespace yett::http
