#include "config/values/access_header.hpp"

#include <algorithm>
#include <array>
#include <string>

// A header that brings tokens is taken out of the request before it goes on, and its value is
// believed. So it must be one that nobody else reads, writes or folds together with another. Names
// of whole families are refused as well as single ones: proxies invent new members of
// `x-forwarded-` and `x-original-` every year.

namespace yett::config {
namespace {

constexpr std::array<std::string_view, 21> taken_names{
    "accept",     "authorization", "connection", "cookie",  "date",         "expect",    "forwarded",
    "host",       "keep-alive",    "origin",     "referer", "set-cookie",   "te",        "trailer",
    "user-agent", "upgrade",       "via",        "proxy",   "x-request-id", "x-real-ip", "x-api-key"};
constexpr std::array<std::string_view, 12> taken_families{"x-yett-",    "x-auth-request-", "x-forwarded-", "x-original-",
                                                          "x-rewrite-", "remote-",         "proxy-",       "sec-",
                                                          "content-",   "transfer-",       "accept-",      "access-control-"};

// As readers of CGI variables see it.
std::string folded(std::string_view name)
{
    std::string text{name};
    for (auto& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (c == '_' || c == '.') c = '-';
    }
    return text;
}

} // namespace

bool may_bring_token(std::string_view header) noexcept
{
    auto const name = folded(header);
    return std::ranges::find(taken_names, name) == taken_names.end() &&
           std::ranges::none_of(taken_families, [&](std::string_view family) { return name.starts_with(family); });
}

} // namespace yett::config
