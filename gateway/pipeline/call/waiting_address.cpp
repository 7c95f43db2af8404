#include "gateway/pipeline/call/waiting_address.hpp"

#include "gateway/base/secret.hpp"
#include "gateway/base/text/base64url.hpp"
#include "gateway/http/ascii.hpp"
#include "gateway/http/bodies/form.hpp"
#include "gateway/http/fields/cookies.hpp"
#include "gateway/tokens/keys/signature.hpp"

#include <algorithm>
#include <charconv>

namespace yett::pipeline {
namespace {

constexpr seconds waits_for{600};
constexpr std::size_t bytes_of_one = 3'900; // browsers hold 4096 with the name
constexpr char escape = '|';

// Addresses are full of percent signs; what no cookie can hold is rare in them.
std::string escaped(std::string_view address)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (char const c : address) {
        auto const byte = static_cast<unsigned char>(c);
        if (c != escape && http::ascii::is(c, http::ascii::cookie_char)) out += c;
        else out.append({escape, digits[byte >> 4], digits[byte & 15]});
    }
    return out;
}

std::int64_t seconds_of(wall_time at)
{
    return std::chrono::floor<seconds>(at.time_since_epoch()).count();
}

// Takes the part up to the next dot off the front.
std::string_view next_part(std::string_view& rest)
{
    auto const dot = std::min(rest.find('.'), rest.size());
    auto const part = rest.substr(0, dot);
    rest.remove_prefix(std::min(dot + 1, rest.size()));
    return part;
}

bool is_over(std::string_view until, wall_time now)
{
    std::int64_t at = 0;
    auto const read = std::from_chars(until.data(), until.data() + until.size(), at);
    return read.ec != std::errc{} || read.ptr != until.data() + until.size() || seconds_of(now) > at;
}

} // namespace

// Empty when none can be made; then nothing fits it.
std::string waiting_addresses::signature_of(std::string_view content) const
{
    auto const mac = tokens::make_hmac(tokens::algorithm::hs256, parts_.key, std::string{"yett next "}.append(content));
    return mac ? base64url_encode(*mac) : std::string{};
}

std::string waiting_addresses::line(std::string const& name, std::string_view value, seconds age) const
{
    http::set_cookie const cookie{.name = name, .value = value, .max_age = age, .secure = parts_.secure};
    auto made = http::format(cookie);
    return made ? std::move(*made) : std::string{};
}

std::vector<std::string> waiting_addresses::keep(std::string_view address, wall_time now) const
{
    auto const content = std::to_string(seconds_of(now) + waits_for.count()) + "." + escaped(address);
    if (content.size() > longest_waiting) return {};
    auto const whole = signature_of(content) + "." + content;
    auto const first = std::string_view{whole}.substr(0, bytes_of_one);
    std::vector<std::string> lines{line(parts_.cookie, first, waits_for)};
    if (first.size() == bytes_of_one) lines.push_back(line(second(), std::string_view{whole}.substr(first.size()), waits_for));
    return lines;
}

std::optional<std::string> waiting_addresses::find(http::head const& head, wall_time now) const
{
    std::string whole{http::find_cookies(head, parts_.cookie).value};
    // A shorter address left alone what a longer one before it had put into the second.
    if (whole.size() == bytes_of_one) whole.append(http::find_cookies(head, second()).value);
    std::string_view content{whole};
    auto const signature = next_part(content);
    auto const expected = signature_of(content);
    if (expected.empty() || !equal_in_constant_time(expected, signature)) return {};
    if (is_over(next_part(content), now)) return {};
    return http::unescaped(content, escape);
}

std::vector<std::string> waiting_addresses::forget(http::head const& head) const
{
    std::vector<std::string> lines;
    for (auto const& name : {parts_.cookie, second()})
        if (http::find_cookies(head, name).count != 0) lines.push_back(line(name, {}, seconds{0}));
    return lines;
}

} // namespace yett::pipeline
