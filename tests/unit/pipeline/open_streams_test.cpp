#include "gateway/pipeline/open_streams.hpp"

#include "gateway/accounts/ports/session_store.hpp"

#include <doctest/doctest.h>

using namespace yett;
using pipeline::open_streams;

namespace {

wall_time at(int second)
{
    return wall_time{seconds{second}};
}

// Its access tokens end at 20, it may be idle until 500, and it is over at 1000 whatever happens.
accounts::session lasting()
{
    accounts::session s;
    s.access_until = at(20);
    s.idle_until = at(500);
    s.expires_at = at(1000);
    return s;
}

} // namespace

TEST_CASE("streams: one that a cookie let in lives until its session ends, whether or not that was refreshed")
{
    CHECK(open_streams::end_of(lasting(), true, at(0)) == at(500));
    CHECK(open_streams::end_of(lasting(), true, at(50)) == at(500));
    CHECK_FALSE(open_streams::end_of(lasting(), true, at(500)));
}

TEST_CASE("streams: one that a bearer let in ends with the tokens of its session")
{
    CHECK(open_streams::end_of(lasting(), false, at(0)) == at(20));
    CHECK_FALSE(open_streams::end_of(lasting(), false, at(20)));
}

TEST_CASE("streams: no session outlives its absolute end (sibling)")
{
    auto s = lasting();
    s.idle_until = at(2000);
    CHECK(open_streams::end_of(s, true, at(50)) == at(1000));
    CHECK_FALSE(open_streams::end_of(s, true, at(1000)));
}

TEST_CASE("streams: one that was ended lets nobody stay (sibling)")
{
    auto s = lasting();
    s.ended_at = at(10);
    CHECK_FALSE(open_streams::end_of(s, true, at(11)));
    CHECK_FALSE(open_streams::end_of(s, false, at(11)));
}
