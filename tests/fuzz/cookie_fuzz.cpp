#include "gateway/http/fields/cookies.hpp"
#include "gateway/http/framing.hpp"
#include "tests/fuzz/expect.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

using namespace yett;
using namespace yett::http;

namespace {

constexpr std::string_view ours = "yett";

// Looks for the cookie in what the client sent, and then in what is left for forwarding.
void check_reading(std::string_view value)
{
    std::string bytes;
    bytes.append("GET / HTTP/1.1\r\nHost: a\r\nCookie: ").append(value).append("\r\n\r\n");
    std::array<field, 8> fields;
    auto const h = framing::read_request(bytes, fields, {});
    if (!h) return;

    auto const found = find_cookies(*h, ours);
    if (found.count != 0) FUZZ_EXPECT(value.find(std::string{ours} + "=" + std::string{found.value}) != std::string_view::npos);
    FUZZ_EXPECT(values_of_cookies(*h, ours, value.size()).size() <= found.count);
    std::array const names{std::string{ours}};
    std::string left;
    append_cookies_without(h->value(known::cookie), names, left);
    std::string left_again;
    append_cookies_without(left, names, left_again);
    FUZZ_EXPECT(left_again == left);
    if (found.count != 0) FUZZ_EXPECT(sets_one_of(value.substr(value.find(std::string{ours} + "=")), names));
    std::string forwarded;
    forwarded.append("GET / HTTP/1.1\r\nHost: a\r\nCookie: ").append(left).append("\r\n\r\n");
    auto const again = framing::read_request(forwarded, fields, {});
    if (!again) return;
    FUZZ_EXPECT(find_cookies(*again, ours).count == 0);
}

// Whatever is written stays one cookie on one line.
void check_writing(std::string_view text)
{
    auto const third = text.size() / 3;
    set_cookie const c{.name = text.substr(0, third), .value = text.substr(third, third), .path = text.substr(2 * third)};
    auto const line = format(c);
    if (!line) return;
    FUZZ_EXPECT(line->find_first_of("\r\n") == std::string::npos);
    FUZZ_EXPECT(std::count(line->begin(), line->end(), ';') == 4);
    FUZZ_EXPECT(line->starts_with(std::string{c.name} + "="));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const text{reinterpret_cast<char const*>(data), size};
    check_reading(text);
    check_writing(text);
    return 0;
}
