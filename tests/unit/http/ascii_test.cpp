#include "gateway/http/ascii.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;

namespace {

std::size_t plain_bytes_of(std::string const& text)
{
    return http::ascii::plain_run(text.data(), text.data() + text.size());
}

bool ends_a_run(unsigned byte)
{
    return byte < 0x20 || byte == 0x7f;
}

} // namespace

// The scan takes words of sixteen and eight bytes and then single ones, so each byte is tried
// at each place of each of them.
TEST_CASE("ascii: a run of plain bytes ends at the first control byte or DEL, wherever it lies")
{
    for (std::size_t length = 1; length <= 41; ++length) {
        for (std::size_t place = 0; place < length; ++place) {
            for (unsigned byte = 0; byte < 0x100; ++byte) {
                std::string text(length, 'a');
                text[place] = static_cast<char>(byte);
                CAPTURE(length);
                CAPTURE(place);
                CAPTURE(byte);
                REQUIRE(plain_bytes_of(text) == (ends_a_run(byte) ? place : length));
            }
        }
    }
}

TEST_CASE("ascii: of several bytes that end a run the first counts")
{
    for (std::size_t first = 0; first < 40; ++first) {
        std::string text(first, '\xff');
        text += "\x7f\x1f\x7f";
        text.append(20, ' ');
        CAPTURE(first);
        REQUIRE(plain_bytes_of(text) == first);
    }
    CHECK(plain_bytes_of("") == 0);
}
