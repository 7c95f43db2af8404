#include "gateway/upstream/headers/http2_head_sink.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::upstream;
using kind = announced_body::kind;

namespace {

// One field a line.
std::string text_of(http2_head_sink& sink)
{
    std::string all;
    for (auto const& each : sink.fields()) all.append(each.name).append(" = ").append(each.value).append("\n");
    return all;
}

} // namespace

TEST_CASE("http2_head_sink: what a request line and Host say is in pseudo-header fields, ahead of all others")
{
    struct row
    {
        request_start start;
        std::string_view spelled;
    };
    row const rows[] = {
        {{"GET", "/", {}, "a.example"}, ":method = GET\n:scheme = http\n:authority = a.example\n:path = /\n"},
        {{"GET", "/b", "", "a.example"}, ":method = GET\n:scheme = http\n:authority = a.example\n:path = /b?\n"},
        {{"PUT", "/b", "c=d", "a.example", "81"}, ":method = PUT\n:scheme = http\n:authority = a.example:81\n:path = /b?c=d\n"},
        {{"OPTIONS", "*", {}, "[::1]", "81"}, ":method = OPTIONS\n:scheme = http\n:authority = [::1]:81\n:path = *\n"},
    };
    for (auto const& each : rows) {
        http2_head_sink sink{"http"};
        sink.start(each.start);
        CHECK(text_of(sink) == each.spelled);
    }
    http2_head_sink secure{"https"};
    secure.start(rows[0].start);
    CHECK(secure.fields()[1].value == "https");
}

TEST_CASE("http2_head_sink: of the body nothing is said but a length that is known")
{
    struct row
    {
        announced_body body;
        std::string_view spelled;
    };
    row const rows[] = {
        {{}, "te = trailers\n"},
        {{kind::streamed}, "te = trailers\n"},
        {{kind::sized, 0}, "te = trailers\ncontent-length = 0\n"},
        {{kind::sized, 18446744073709551615u}, "te = trailers\ncontent-length = 18446744073709551615\n"},
    };
    for (auto const& each : rows) {
        http2_head_sink sink{"http"};
        sink.end(each.body);
        CHECK(text_of(sink) == each.spelled);
    }
}

TEST_CASE(
    "http2_head_sink: a value in pieces is a field when it is closed and nothing when it is dropped, and text that moves is found")
{
    http2_head_sink sink{"http"};
    sink.field("X-First", "1");
    sink.open("X-Dropped") += "half a val";
    sink.drop();
    sink.open("X-Long").append(std::string(10'000, 'a')).append("b");
    sink.close();
    sink.field("X-Empty", "");
    CHECK(text_of(sink) == "X-First = 1\nX-Long = " + std::string(10'000, 'a') + "b\nX-Empty = \n");
}
