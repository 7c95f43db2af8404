#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yett::http {

class head;

// What a request brings under one name. A browser sends several when the name was set for
// several domains or paths, and does not say which is which (RFC 6265 section 5.4).
struct cookies_of_name
{
    std::string_view value; // of the first that is not empty
    unsigned count = 0;     // of those that are not empty
};

// The cookies of exactly that name over all Cookie fields. A value goes to the next semicolon,
// whatever quotes stand around it or in another cookie, and is handed out as it came: whoever
// uses it finds out what it is worth. Nameless cookies, `$Version` and names that differ in case
// or blanks are other cookies.
cookies_of_name find_cookies(head const& h, std::string_view name) noexcept;

// Their different values in the order they came, `most` at most: for whoever has to choose.
std::vector<std::string_view> values_of_cookies(head const& h, std::string_view name, std::size_t most);

// Appends a Cookie field's value without the cookies of those names, for forwarding.
// Liberal where the reading is strict: case and blanks around a name do not protect it.
// Appends nothing when nothing is left.
void append_cookies_without(std::string_view field_value, std::span<std::string const> names, std::string& out);

// Whether a Set-Cookie field makes a cookie that some browser would send back under one of
// those names. A nameless cookie counts by what its value imitates: browsers send it back
// without the equals sign it was set with.
bool sets_one_of(std::string_view field_value, std::span<std::string const> names) noexcept;

enum class same_site : std::uint8_t
{
    lax,
    strict,
    none,
};

// A cookie to set. Without max_age it lasts as long as the browser runs.
struct set_cookie
{
    std::string_view name;
    std::string_view value;
    std::string_view path = "/";
    std::string_view domain{}; // empty: this host only
    std::optional<seconds> max_age{};
    bool secure = true;
    bool http_only = true;
    http::same_site same_site = same_site::lax;
};

// The value of a Set-Cookie field. Fails (ourselves, internal) when a part could break out
// of its place, and when a `__Host-` or `__Secure-` name does not keep what it promises.
result<std::string> format(set_cookie const& cookie);
// The same cookie, emptied and expired. Browsers delete only when the attributes are equal.
result<std::string> format_deletion(set_cookie cookie);

} // namespace yett::http
