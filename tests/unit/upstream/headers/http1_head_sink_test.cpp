#include "gateway/upstream/headers/http1_head_sink.hpp"

#include "gateway/upstream/headers/recorded_head.hpp"

#include <doctest/doctest.h>

using namespace yett::upstream;
using kind = announced_body::kind;

namespace {

std::string spelled(request_start const& start, announced_body const& body)
{
    std::string out;
    http1_head_sink to{out};
    to.start(start);
    to.end(body);
    return out;
}

} // namespace

TEST_CASE("http1_head_sink: a request begins with its line and Host, and an empty query keeps its mark")
{
    struct row
    {
        request_start start;
        std::string_view spelled;
    };
    row const rows[] = {
        {{"GET", "/", {}, "a.example"}, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"},
        {{"GET", "/b", "", "a.example"}, "GET /b? HTTP/1.1\r\nHost: a.example\r\n\r\n"},
        {{"PUT", "/b", "c=d", "a.example", "81"}, "PUT /b?c=d HTTP/1.1\r\nHost: a.example:81\r\n\r\n"},
        {{"OPTIONS", "*", {}, "[::1]", "81"}, "OPTIONS * HTTP/1.1\r\nHost: [::1]:81\r\n\r\n"},
        {{"GET", "/", {}, "a.example:81"}, "GET / HTTP/1.1\r\nHost: a.example:81\r\n\r\n"},
    };
    for (auto const& each : rows) CHECK(spelled(each.start, {}) == each.spelled);
}

TEST_CASE("http1_head_sink: what follows the head is said at its end")
{
    struct row
    {
        announced_body body;
        std::string_view spelled;
    };
    row const rows[] = {
        {{}, "\r\n"},
        {{kind::sized, 0}, "Content-Length: 0\r\n\r\n"},
        {{kind::sized, 18446744073709551615u}, "Content-Length: 18446744073709551615\r\n\r\n"},
        {{kind::streamed}, "Transfer-Encoding: chunked\r\n\r\n"},
        {{kind::websocket}, "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"},
    };
    std::string const start = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (auto const& each : rows) CHECK(spelled({"GET", "/", {}, "a"}, each.body) == start + std::string{each.spelled});
}

TEST_CASE("http1_head_sink: a value in pieces is a field when it is closed and nothing when it is dropped")
{
    std::string out = "kept";
    http1_head_sink to{out};
    to.open("Via").append("1.1 a").append(", 1.1 b");
    to.close();
    to.open("Cookie").append("a=b");
    to.drop();
    to.open("X-Empty");
    to.close();
    to.field("X-Last", "1");
    CHECK(out == "keptVia: 1.1 a, 1.1 b\r\nX-Empty: \r\nX-Last: 1\r\n");
}

TEST_CASE("recorded_head: it holds what an HTTP/1.1 head would, field by field")
{
    recorded_head to;
    to.start({"GET", "/b", "c", "a.example", "81"});
    to.open("Via").append("1.1 a").append(", 1.1 b");
    to.close();
    to.open("Cookie").append("a=b");
    to.drop();
    to.field("X-Two", "1");
    to.field("x-two", "2");
    to.end({kind::websocket});
    CHECK(to.request() == "GET /b?c");
    CHECK(to.body().is == kind::websocket);
    std::vector<recorded_head::field_text> const wanted{
        {"Host", "a.example:81"}, {"Via", "1.1 a, 1.1 b"},   {"X-Two", "1"},
        {"x-two", "2"},           {"Connection", "Upgrade"}, {"Upgrade", "websocket"}};
    CHECK(to.fields() == wanted);
}

TEST_CASE("recorded_head: of several fields with one name the wanted value is found, else the first")
{
    recorded_head to;
    to.field("X-Two", "1");
    to.field("x-two", "2");
    CHECK(to.value("X-TWO") == "1");
    CHECK(to.value("X-Two", "2") == "2");
    CHECK(to.value("X-Two", "3") == "1");
    CHECK_FALSE(to.value("X-Tw").has_value());
}
