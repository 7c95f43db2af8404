#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace yett::http {

class head;

// The value of the one cookie of exactly that name over all Cookie fields, or nothing.
//
// Fails with credentials_disagree when the name comes twice, when its value is not made
// of cookie octets (RFC 6265 section 4.1.1; a quoted value is not), or when a torn
// quoted string stands beside it, so that two readers would find different cookies.
// Nameless cookies, `$Version` and names that differ in case or blanks are other cookies.
result<std::optional<std::string_view>> find_cookie(head const& h, std::string_view name);

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
