#include "gateway/upstream/cluster/balancer.hpp"

#include <doctest/doctest.h>

#include <vector>

using yett::upstream::balancer;

namespace {

std::vector<std::size_t> all_of(balancer::order order)
{
    std::vector<std::size_t> all;
    while (auto const next = order.next()) all.push_back(*next);
    return all;
}

using list = std::vector<std::size_t>;

} // namespace

TEST_CASE("balancer: a single server is asked once by each request")
{
    balancer one{1};
    for (int i = 0; i < 3; ++i) CHECK(all_of(one.choose()) == list{0});
}

TEST_CASE("balancer: requests begin with one server after the other, and each is asked once")
{
    balancer three{3};
    CHECK(all_of(three.choose()) == list{0, 1, 2});
    CHECK(all_of(three.choose()) == list{1, 2, 0});
    CHECK(all_of(three.choose()) == list{2, 0, 1});
    CHECK(all_of(three.choose()) == list{0, 1, 2});
}

TEST_CASE("balancer: who is asked next does not depend on how far other requests went")
{
    balancer two{2};
    auto first = two.choose();
    CHECK(first.next() == 0u);
    CHECK(all_of(two.choose()) == list{1, 0});
    CHECK(first.next() == 1u);
    CHECK_FALSE(first.next().has_value());
    CHECK_FALSE(first.next().has_value());
}
