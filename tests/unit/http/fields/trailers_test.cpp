#include "gateway/http/fields/trailers.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace yett;
using namespace yett::http;

TEST_CASE("trailers: names that mean something only in a head never pass, however they are spelled")
{
    for (auto const* name :
         {"transfer-encoding", "Content-Length", "content_length", "Host", "HOST", "TE", "Trailer", "connection", "upgrade", "expect",
          "cache-control", "max-forwards", "range", "if-match", "authorization", "Authorization", "proxy-authorization", "www-authenticate",
          "cookie", "Set-Cookie", "set_cookie", "set.cookie", "content-type", "content-encoding", "content-range", "location", "x-api-key",
          "X_Api_Key", "forwarded", "x-forwarded-for", "X_Forwarded_Host", "x.forwarded.proto", "x-forwarded-user", "x-real-ip",
          "x-auth-request-email", "x-user-id", "X_User_Email", "x-yett-assertion", "remote-user", "remote_user", "x-original-uri",
          "x-rewrite-url", "x-http-method-override", "x-request-id", "traceparent", "access-control-allow-origin", "x-accel-redirect",
          "sec-websocket-key", "proxy-status", "cf-connecting-ip", "", ":status", "a b"}) {
        CAPTURE(name);
        CHECK_FALSE(may_be_trailer(name));
    }
}

TEST_CASE("trailers: what speaks of the body and of the call passes")
{
    for (auto const* name : {"grpc-status", "grpc-message", "grpc-status-details-bin", "etag", "digest", "content-digest", "repr-digest",
                             "server-timing", "x-checksum", "X-Amz-Checksum-Sha256", "signature"}) {
        CAPTURE(name);
        CHECK(may_be_trailer(name));
    }
}

TEST_CASE("trailers: those that may pass keep their order")
{
    std::vector<field> fields{{"host", "a"}, {"x-sum", "1"}, {"cookie", "b"}, {"etag", "2"}, {"authorization", "c"}};
    auto const fit = fit_trailers(fields);
    REQUIRE(fit.size() == 2);
    CHECK(fit[0].name == "x-sum");
    CHECK(fit[1].value == "2");
    CHECK(fit_trailers({}).empty());
}
