#include "gateway/upstream/streams/http2_ending.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using upstream::ending_for;
using upstream::http2_ending;
using kind = http2_ending::kind;
using code = http2::error_code;

TEST_CASE("http2_ending: what a request fails with says whether the application may have acted, and why it ended")
{
    struct row
    {
        http2_ending how;
        errc is;
        std::string_view note;
        bool is_servers;
    };
    row const rows[] = {
        {ending_for(code::refused_stream), errc::upstream_unavailable, "app:1 refused the stream", true},
        {ending_for(code::cancel), errc::upstream_broken, "app:1 reset the stream in its reply: CANCEL", true},
        {ending_for(code::no_error), errc::upstream_broken, "app:1 reset the stream in its reply: NO_ERROR", true},
        {ending_for(code::internal_error), errc::upstream_broken, "app:1 reset the stream in its reply: INTERNAL_ERROR", true},
        {ending_for(code::protocol_error), errc::upstream_broken, "app:1 reset the stream in its reply: PROTOCOL_ERROR", true},
        {ending_for(code::http_1_1_required), errc::upstream_broken, "app:1 reset the stream in its reply: HTTP_1_1_REQUIRED",
         true},
        {ending_for(code{0xff}), errc::upstream_broken, "app:1 reset the stream in its reply: code 255", true},
        {ending_for(code::enhance_your_calm), errc::upstream_unavailable,
         "app:1 reset the stream in its reply: ENHANCE_YOUR_CALM", true},
        {{kind::lost}, errc::upstream_broken, "app:1 broke off in its reply: it said so", true},
        {{kind::silent}, errc::upstream_timeout, "app:1 gave no sign of life in its reply", true},
        {{kind::timed_out}, errc::upstream_timeout, "app:1 was silent in its reply", false},
        {{kind::call_is_due}, errc::upstream_timeout, "app:1 took longer in its reply than its grpc-timeout allows", false},
        {{kind::given_up}, errc::upstream_broken, "app:1 broke off in its reply: it said so", false},
    };
    for (auto const& each : rows) {
        CAPTURE(each.note);
        auto const why = upstream::error_for(each.how, "app:1", "in its reply", "it said so");
        CHECK(why == each.is);
        CHECK(why.from() == origin::upstream);
        CHECK(why.note() == each.note);
        CHECK(each.how.is_servers() == each.is_servers);
    }
    CHECK_FALSE(http2_ending{}.is_servers());
    CHECK_FALSE(http2_ending{kind::complete}.is_servers());
}
