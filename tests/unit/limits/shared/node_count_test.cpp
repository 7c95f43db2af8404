#include "gateway/limits/shared/node_count.hpp"

#include "tests/unit/limits/limits.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace yett;
using namespace yett::limits;
using namespace std::chrono_literals;

namespace {

struct heard
{
    seconds when;
    unsigned count;
    unsigned believed;
};

void check_history(char const* what, std::vector<heard> const& history)
{
    CAPTURE(what);
    node_count nodes;
    for (auto const& each : history) {
        CAPTURE(each.when.count());
        nodes.hear(each.count, at(each.when));
        CHECK(nodes.value() == each.believed);
    }
}

} // namespace

TEST_CASE("node_count: whoever heard of nobody is alone")
{
    CHECK(node_count{}.value() == 1);
    check_history("a count of none", {{0s, 0, 1}});
}

TEST_CASE("node_count: more are believed at once, fewer after a quarter of a minute")
{
    check_history("they come", {{0s, 1, 1}, {5s, 2, 2}, {6s, 7, 7}});
    check_history("one goes", {{0s, 3, 3}, {5s, 2, 3}, {10s, 2, 3}, {19s, 2, 3}, {20s, 2, 2}});
    check_history("they go one after the other", {{0s, 3, 3}, {5s, 2, 3}, {10s, 1, 3}, {19s, 1, 3}, {20s, 1, 2}, {25s, 1, 1}});
    check_history("one goes and comes back", {{0s, 3, 3}, {5s, 2, 3}, {10s, 3, 3}, {15s, 2, 3}, {29s, 2, 3}, {30s, 2, 2}});
    check_history("another one comes meanwhile", {{0s, 5, 5}, {5s, 1, 5}, {10s, 2, 5}, {20s, 2, 2}, {25s, 2, 2}});
}

TEST_CASE("node_count: who comes first to a Redis that forgot everything is not alone")
{
    check_history("emptied", {{0s, 3, 3}, {5s, 1, 3}, {10s, 3, 3}, {15s, 3, 3}, {60s, 3, 3}});
    check_history("emptied after a minute of silence", {{0s, 3, 3}, {60s, 1, 3}, {65s, 2, 3}, {70s, 3, 3}, {75s, 3, 3}});
    check_history("emptied twice", {{0s, 3, 3}, {5s, 1, 3}, {10s, 1, 3}, {15s, 3, 3}, {20s, 1, 3}, {34s, 1, 3}, {35s, 1, 1}});
}
