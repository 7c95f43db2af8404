#include "gateway/net/date_cache.hpp"

#include <doctest/doctest.h>

using namespace yett;

TEST_CASE("date cache: the second of the last update")
{
    auto const at = wall_time{seconds{784'111'777}};
    net::date_cache date{at};
    struct row
    {
        milliseconds later;
        char const* text;
    };
    for (auto const& each : {
             row{milliseconds{0}, "Sun, 06 Nov 1994 08:49:37 GMT"}, row{milliseconds{999}, "Sun, 06 Nov 1994 08:49:37 GMT"},
             row{milliseconds{1000}, "Sun, 06 Nov 1994 08:49:38 GMT"}, row{milliseconds{23'000}, "Sun, 06 Nov 1994 08:50:00 GMT"},
             row{milliseconds{-1}, "Sun, 06 Nov 1994 08:49:36 GMT"}, // the clock was set back
         }) {
        date.update(at + each.later);
        CHECK(date.text() == each.text);
    }
}
