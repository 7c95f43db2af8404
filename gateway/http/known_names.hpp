#pragma once

#include "gateway/http/ascii.hpp"
#include "gateway/http/head.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

// The names behind `known` and a perfect hash over them, both made by the compiler.
namespace yett::http::known_names {

// In lower case. A name that is added here gets a number in `known`, and the hash finds a seed for
// all of them anew when the program is compiled.
//
// What is not listed is `other`, however often it is sent, and is found by its text.
inline constexpr std::pair<std::string_view, known> all[] = {
    {"accept", known::accept},
    {"accept-language", known::accept_language},
    {"authorization", known::authorization},
    {"connection", known::connection},
    {"content-length", known::content_length},
    {"content-location", known::content_location},
    {"content-type", known::content_type},
    {"cookie", known::cookie},
    {"date", known::date},
    {"expect", known::expect},
    {"forwarded", known::forwarded},
    {"host", known::host},
    {"keep-alive", known::keep_alive},
    {"location", known::location},
    {"origin", known::origin},
    {"proxy", known::proxy},
    {"proxy-authenticate", known::proxy_authenticate},
    {"proxy-authorization", known::proxy_authorization},
    {"proxy-connection", known::proxy_connection},
    {"referer", known::referer},
    {"retry-after", known::retry_after},
    {"sec-fetch-dest", known::sec_fetch_dest},
    {"sec-fetch-mode", known::sec_fetch_mode},
    {"sec-fetch-site", known::sec_fetch_site},
    {"server", known::server},
    {"set-cookie", known::set_cookie},
    {"strict-transport-security", known::strict_transport_security},
    {"te", known::te},
    {"traceparent", known::traceparent},
    {"tracestate", known::tracestate},
    {"trailer", known::trailer},
    {"transfer-encoding", known::transfer_encoding},
    {"upgrade", known::upgrade},
    {"user-agent", known::user_agent},
    {"via", known::via},
    {"www-authenticate", known::www_authenticate},
    {"x-api-key", known::x_api_key},
    {"x-forwarded-for", known::x_forwarded_for},
    {"x-forwarded-host", known::x_forwarded_host},
    {"x-forwarded-port", known::x_forwarded_port},
    {"x-forwarded-proto", known::x_forwarded_proto},
    {"x-real-ip", known::x_real_ip},
    {"x-request-id", known::x_request_id},
};
static_assert(std::size(all) < 64, "each has a bit of its own in head::present_");

// Six times as many as names: a seed is found after a few tries, and the table is four lines of the
// cache.
inline constexpr std::size_t slots = 256;

// The length and three characters tell all of the names apart.
constexpr std::size_t slot_of(std::string_view name, unsigned seed) noexcept
{
    auto const at = [name](std::size_t i) { return static_cast<unsigned char>(ascii::lower(name[i])); };
    auto const mix = name.size() + at(0) * 7u + at(name.size() - 1) * 31u + at(name.size() - 2) * 181u;
    return ((mix * seed) >> 16) % slots;
}

// Slots of the hash, and the number by which no two names meet in it.
struct name_table
{
    unsigned seed = 0;
    std::array<std::uint8_t, slots> index{}; // into `all`, one up; 0 is nothing
};

// Tries odd numbers until one fits; it takes the compiler a moment and the program none.
constexpr name_table make_table()
{
    for (unsigned seed = 2654435769u;; seed += 2) {
        name_table t{.seed = seed, .index = {}};
        bool clash = false;
        for (std::uint8_t i = 0; i < std::size(all) && !clash; ++i) {
            auto& slot = t.index[slot_of(all[i].first, seed)];
            clash = slot != 0;
            slot = static_cast<std::uint8_t>(i + 1);
        }
        if (!clash) return t;
    }
}
inline constexpr name_table lookup = make_table();

// One slot is looked at and one name compared; never more.
inline known find(std::string_view name) noexcept
{
    if (name.size() < 2) return known::other;
    auto const i = lookup.index[slot_of(name, lookup.seed)];
    if (i == 0) return known::other;
    auto const& [text, id] = all[i - 1];
    return ascii::equal_ignoring_case(text, name) ? id : known::other;
}

} // namespace yett::http::known_names
