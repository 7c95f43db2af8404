#include "gateway/storage/postgres/pool/notice_pace.hpp"

#include <doctest/doctest.h>

using namespace yett;
using yett::storage::postgres::notice_pace;

namespace {

steady_time at(int ms)
{
    return steady_time{} + std::chrono::hours{1} + milliseconds{ms};
}

} // namespace

TEST_CASE("notices: none without news, the first at once")
{
    notice_pace pace;
    CHECK_FALSE(pace.due());
    CHECK_FALSE(pace.is_due(at(0)));
    pace.want();
    CHECK(pace.is_due(at(0)));
}

TEST_CASE("notices: one tells of all before it, and the next waits")
{
    notice_pace pace;
    for (int i = 0; i < 100; ++i) pace.want();
    pace.begin(at(0));
    CHECK_FALSE(pace.due());
    pace.want();
    CHECK_FALSE(pace.is_due(at(49)));
    CHECK(pace.due() == at(50));
    CHECK(pace.is_due(at(50)));
}

TEST_CASE("notices: after a pause the next goes at once")
{
    notice_pace pace;
    pace.want();
    pace.begin(at(0));
    pace.want();
    CHECK(pace.is_due(at(1000)));
}

TEST_CASE("notices: at most 20 a second however often they are wanted, and the last news is never left untold")
{
    notice_pace pace;
    int sent = 0;
    for (int ms = 0; ms < 1000; ++ms) {
        pace.want();
        if (!pace.is_due(at(ms))) continue;
        pace.begin(at(ms));
        ++sent;
    }
    CHECK(sent == 20);
    REQUIRE(pace.due());
    CHECK(*pace.due() == at(1000));
}

TEST_CASE("notices: what is wanted while one is on its way wants another")
{
    notice_pace pace;
    pace.want();
    pace.begin(at(0));
    pace.want();
    CHECK(pace.due());
}
