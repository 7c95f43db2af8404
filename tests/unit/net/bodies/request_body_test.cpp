#include "gateway/net/bodies/request_body.hpp"

#include "gateway/http/framing.hpp"
#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace yett;

namespace {

// A body behind that field, and what was taken of it already.
struct begun_body
{
    explicit begun_body(std::string const& field, std::string taken = {})
        : bytes{"POST / HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n"},
          head{http::framing::read_request(bytes, fields, {}).value()},
          body{head, 0}
    {
        std::span<char> raw{taken};
        while (!raw.empty()) REQUIRE(body.take(raw));
    }

    std::string bytes;
    std::array<http::field, 8> fields{};
    http::head head;
    net::request_body body;
};

} // namespace

TEST_CASE("request body: how much may be read at a time")
{
    struct row
    {
        char const* field;
        char const* taken;
        std::size_t room, behind, wanted;
    };
    for (auto const& [field, taken, room, behind, wanted] : {
             // Of a known length: never what follows it.
             row{"Content-Length: 9", "", 100, 50, 9},
             row{"Content-Length: 9", "12345", 100, 50, 4},
             row{"Content-Length: 900", "", 100, 50, 100},
             row{"Content-Length: 9", "123456789", 100, 50, 0},
             // In chunks: what is left of the chunk, or as much as may lie behind a body.
             row{"Transfer-Encoding: chunked", "", 100, 50, 50},
             row{"Transfer-Encoding: chunked", "", 30, 50, 30},
             row{"Transfer-Encoding: chunked", "ff\r\n", 1000, 50, 255},
             row{"Transfer-Encoding: chunked", "ff\r\n12345", 1000, 50, 250},
             row{"Transfer-Encoding: chunked", "ff\r\n", 100, 50, 100},
             row{"Transfer-Encoding: chunked", "f\r\n12345", 100, 50, 50},
             row{"Transfer-Encoding: chunked", "fffffffffffffff\r\n", 100, 50, 100},
         }) {
        CAPTURE(field);
        CAPTURE(taken);
        begun_body const b{field, taken};
        CHECK(b.body.wanted(room, behind) == wanted);
    }
}
