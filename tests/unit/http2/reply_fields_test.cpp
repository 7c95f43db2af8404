#include "gateway/http2/reply_fields.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using namespace yett::http2;

namespace {

std::string written(http::reply_head const& head, http::reply_context const& context = {.version = http::version::http_2})
{
    reply_fields fields;
    if (!fields.write(head, context)) return "refused";
    std::string out;
    for (auto const& f : fields.get()) out.append(f.name).append("=").append(f.value).append(";");
    return out;
}

} // namespace

TEST_CASE("reply_fields: status first, then the fields, Date, HSTS and the length")
{
    http::field const fields[]{{"Content-Type", "text/plain"}, {"X-A", ""}};
    http::reply_context const context{.version = http::version::http_2, .date = "Sun", .hsts = "max-age=1"};
    CHECK(written({200, fields, 5}, context) == ":status=200;Content-Type=text/plain;X-A=;date=Sun;strict-transport-security=max-age=1;content-length=5;");
    http::field const given[]{{"Date", "Mon", http::known::date}, {"Strict-Transport-Security", "max-age=2"}};
    CHECK(written({404, given, {}}, context) == ":status=404;Date=Mon;Strict-Transport-Security=max-age=2;");
    CHECK(written({204, {}, 0}) == ":status=204;");
    CHECK(written({304, {}, 7}) == ":status=304;content-length=7;");
}

TEST_CASE("reply_fields: what is of a connection is left out, 426 and all")
{
    for (auto const* name : {"Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "TE", "Trailer", "Content-Length"}) {
        CAPTURE(name);
        http::field const fields[]{{name, "x"}};
        CHECK(written({426, fields, {}}) == ":status=426;");
    }
}

TEST_CASE("reply_fields: nothing breaks out of its place")
{
    http::field const rows[]{{"x y", "1"}, {"", "1"}, {":status", "200"}, {"x", "a\r\nb"}, {"x", "a\x01"}, {"x\n", "1"}};
    for (auto const& field : rows) CHECK(written({200, {&field, 1}, {}}) == "refused");
    CHECK(written({99, {}, {}}) == "refused");
    CHECK(written({1000, {}, {}}) == "refused");
}

TEST_CASE("reply_fields: how the body follows")
{
    struct
    {
        unsigned status;
        std::optional<std::uint64_t> length;
        http::method asked;
        http::response_body follows;
    } const rows[] = {
        {200, 5, http::method::get, http::response_body::length},     {200, {}, http::method::get, http::response_body::chunked},
        {200, 5, http::method::head, http::response_body::none},      {204, {}, http::method::get, http::response_body::none},
        {304, 5, http::method::get, http::response_body::none},       {103, {}, http::method::get, http::response_body::none},
    };
    for (auto const& row : rows) {
        reply_fields fields;
        http::reply_context const context{.version = http::version::http_2, .method = row.asked};
        CHECK(*fields.write({row.status, {}, row.length}, context) == row.follows);
    }
}
