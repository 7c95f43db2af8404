#include "gateway/upstream/streams/grpc_timeout.hpp"

#include "gateway/http/framing.hpp"
#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace yett;
using upstream::parse_grpc_timeout;

TEST_CASE("grpc_timeout: digits and a unit, rounded up, and nothing else")
{
    struct row
    {
        std::string_view text;
        std::optional<milliseconds> means;
    };
    row const rows[] = {
        {"1H", milliseconds{3'600'000}},
        {"2M", milliseconds{120'000}},
        {"10S", milliseconds{10'000}},
        {"500m", milliseconds{500}},
        {"1u", milliseconds{1}},
        {"1000u", milliseconds{1}},
        {"1001u", milliseconds{2}},
        {"1n", milliseconds{1}},
        {"99999999n", milliseconds{100}},
        {"0S", milliseconds{0}},
        {"99999999H", milliseconds{99'999'999LL * 3'600'000}},
        {"100000000S", std::nullopt}, // nine digits
        {"", std::nullopt},
        {"S", std::nullopt},
        {"1", std::nullopt},
        {"1s", std::nullopt},
        {"-1S", std::nullopt},
        {"+1S", std::nullopt},
        {"1.5S", std::nullopt},
        {"1 S", std::nullopt},
        {" 1S", std::nullopt},
        {"1Sm", std::nullopt},
    };
    for (auto const& each : rows) {
        CAPTURE(each.text);
        CHECK(parse_grpc_timeout(each.text) == each.means);
    }
}

TEST_CASE("grpc_timeout: it means something in a gRPC call alone")
{
    struct row
    {
        std::string fields;
        bool counts;
    };
    row const rows[] = {
        {"content-type: application/grpc\r\ngrpc-timeout: 5S\r\n", true},
        {"content-type: application/grpc+proto\r\ngrpc-timeout: 5S\r\n", true},
        {"content-type: application/grpc-web\r\ngrpc-timeout: 5S\r\n", true},
        {"content-type: application/json\r\ngrpc-timeout: 5S\r\n", false},
        {"grpc-timeout: 5S\r\n", false},
        {"content-type: application/grpc\r\n", false},
        {"content-type: application/grpc\r\ngrpc-timeout: soon\r\n", false},
    };
    for (auto const& each : rows) {
        CAPTURE(each.fields);
        auto const text = "POST /a.B/C HTTP/1.1\r\nHost: a\r\n" + each.fields + "\r\n";
        std::vector<http::field> room(20);
        auto const head = http::framing::read_request(text, room, {});
        REQUIRE(head);
        CHECK(upstream::grpc_timeout_of(*head).has_value() == each.counts);
    }
}

TEST_CASE("grpc_timeout: one that no clock could count is a year")
{
    std::string const text =
        "POST /a.B/C HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\ngrpc-timeout: 99999999H\r\n\r\n";
    std::vector<http::field> room(20);
    auto const head = http::framing::read_request(text, room, {});
    REQUIRE(head);
    CHECK(upstream::grpc_timeout_of(*head) == milliseconds{std::chrono::hours{24 * 365}});
}
