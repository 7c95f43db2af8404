#include "gateway/pipeline/navigation.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/head.hpp"
#include "gateway/http/problem.hpp"
#include "gateway/http/target.hpp"

namespace yett::pipeline {
namespace {

// A header of the next request has to hold it, beside the cookies.
constexpr std::size_t longest = 4096;

// Everything but unreserved characters and slashes, so that nothing of the value can end it.
void append_encoded(std::string_view text, std::string& out)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view plain = ".~/";
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        auto const kept = http::ascii::is(c, http::ascii::host_char) || plain.find(c) != plain.npos;
        if (kept) out += c;
        else out.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
}

} // namespace

bool is_navigation(http::head const& head) noexcept
{
    using http::known;
    if (head.method() != http::method::get) return false;
    if (auto const* mode = head.find(known::sec_fetch_mode)) return mode->value == "navigate";
    if (head.find(known::sec_fetch_site) || head.find(known::sec_fetch_dest)) return false;
    return http::prefers_html(head);
}

std::string login_address(std::string_view login_page, http::target const& asked)
{
    std::string address{login_page};
    address += "?next=";
    append_encoded(asked.path(), address);
    if (asked.has_query()) {
        address += "%3F";
        append_encoded(asked.query(), address);
    }
    if (address.size() > longest) address = login_page;
    return address;
}

} // namespace yett::pipeline
