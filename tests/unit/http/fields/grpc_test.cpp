#include "gateway/http/fields/grpc.hpp"
#include "gateway/http/framing.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace yett;
using namespace yett::http;

TEST_CASE("grpc: a call is a POST of application/grpc over HTTP/2")
{
    struct
    {
        char const* method;
        char const* type;
        bool call;
    } const rows[] = {
        {"POST", "application/grpc", true},        {"POST", "application/grpc+proto", true}, {"POST", "Application/gRPC", true},
        {"POST", "application/grpc;a=b", true},    {"GET", "application/grpc", false},       {"POST", "application/grpc-web", false},
        {"POST", "application/grpc-web+proto", false}, {"POST", "application/json", false},  {"POST", "", false},
    };
    for (auto const& row : rows) {
        CAPTURE(row.type);
        std::vector<field> fields{{"content-type", row.type}};
        framing::request_parts parts;
        parts.method = row.method;
        parts.path = "/a.B/C";
        parts.authority = "a";
        auto const head = framing::check_request(parts, fields, {});
        REQUIRE(head.has_value());
        CHECK(grpc::is_call(*head) == row.call);
    }
    std::vector<field> storage(10);
    auto const old = framing::read_request("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\n\r\n", storage, {});
    REQUIRE(old.has_value());
    CHECK_FALSE(grpc::is_call(*old));
}

TEST_CASE("grpc: refusals in its words")
{
    using grpc::status;
    struct
    {
        unsigned http;
        status call;
    } const rows[] = {
        {400, status::invalid_argument},  {401, status::unauthenticated}, {403, status::permission_denied}, {404, status::unimplemented},
        {405, status::unimplemented},     {408, status::deadline_exceeded}, {413, status::resource_exhausted}, {421, status::unavailable},
        {429, status::resource_exhausted}, {431, status::invalid_argument}, {500, status::internal},          {501, status::unimplemented},
        {502, status::unavailable},       {503, status::unavailable},     {504, status::deadline_exceeded}, {418, status::unknown},
    };
    for (auto const& row : rows) CHECK(grpc::status_for(row.http) == row.call);
    CHECK(grpc::status_for(errc::token_revoked) == status::unauthenticated);
    CHECK(grpc::status_for(errc::token_expired) == status::unauthenticated);
    CHECK(grpc::status_for(errc::upstream_broken) == status::unavailable);
    CHECK(grpc::status_for(errc::upstream_timeout) == status::deadline_exceeded);
    CHECK(grpc::status_for(errc::body_too_large) == status::resource_exhausted);
    CHECK(grpc::status_for(errc::internal) == status::internal);
    CHECK(grpc::text_of(status::unauthenticated) == "16");
    CHECK(grpc::text_of(status::ok) == "0");
}
