#include "gateway/app/certificates.hpp"

#include <doctest/doctest.h>

using namespace yett;

namespace {

// How many of so many looks said that it is time.
int times_due(app::certificates& of, int looks)
{
    int due = 0;
    for (int i = 0; i < looks; ++i) due += of.are_due();
    return due;
}

} // namespace

TEST_CASE("certificates: what could not be used is tried again every minute, what could is left alone")
{
    app::certificates of{{}};
    CHECK(of.are_current());
    CHECK(times_due(of, 200) == 0);
    of.begin_to_read();
    of.done(false);
    CHECK_FALSE(of.are_current());
    CHECK(times_due(of, 59) == 0);
    CHECK(times_due(of, 1) == 1);
    of.begin_to_read();
    of.done(true);
    CHECK(of.are_current());
    CHECK(times_due(of, 200) == 0);
}
