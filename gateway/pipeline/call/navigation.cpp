#include "gateway/pipeline/call/navigation.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/bodies/problem.hpp"
#include "gateway/http/head.hpp"
#include "gateway/http/target.hpp"
#include "gateway/pipeline/call/waiting_address.hpp"

namespace yett::pipeline {
namespace {

// A header of the next request has to hold it, beside the cookies.
constexpr std::size_t longest = 4096;

} // namespace

std::string query_value(std::string_view text)
{
    std::string out;
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view plain = ".~/";
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        auto const kept = http::ascii::is(c, http::ascii::host_char) || plain.find(c) != plain.npos;
        if (kept) out += c;
        else out.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
    return out;
}

bool is_navigation(http::head const& head) noexcept
{
    using http::known;
    if (head.method() != http::method::get) return false;
    if (auto const* mode = head.find(known::sec_fetch_mode)) return mode->value == "navigate";
    if (head.find(known::sec_fetch_site) || head.find(known::sec_fetch_dest)) return false;
    return http::prefers_html(head);
}

std::string address_of(http::target const& asked)
{
    std::string address{asked.path()};
    if (asked.has_query()) address.append("?").append(asked.query());
    return address;
}

way_to_login login_address(std::string_view login_page, std::string_view next, bool confirm)
{
    way_to_login way;
    auto value = query_value(next);
    way.waits = login_page.size() + value.size() > longest;
    if (way.waits) value = waiting_word;
    way.address.append(login_page).append("?next=").append(value);
    if (confirm) way.address.append("&confirm=1");
    return way;
}

} // namespace yett::pipeline
