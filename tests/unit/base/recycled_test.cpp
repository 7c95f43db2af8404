#include "gateway/base/recycled.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <thread>
#include <vector>

using namespace yett;

namespace {

struct exchange final : recycled<exchange, 4>
{
    char bytes[300] = {};
};

#ifndef __SANITIZE_ADDRESS__

// Where so many that live together lie.
std::set<void*> places(int count)
{
    std::vector<std::unique_ptr<exchange>> all;
    std::set<void*> found;
    for (int i = 0; i < count; ++i) found.insert(all.emplace_back(std::make_unique<exchange>()).get());
    return found;
}

} // namespace

TEST_CASE("recycled: the memory of one is the next one's")
{
    auto const first = places(4);
    CHECK(first.size() == 4);
    CHECK(places(4) == first);
    CHECK(places(2).size() == 2);
    CHECK(places(4) == first);
}

TEST_CASE("recycled: more than are kept are as many as are wanted")
{
    CHECK(places(100).size() == 100);
    CHECK(places(100).size() == 100);
}

#else
} // namespace
#endif

TEST_CASE("recycled: an object is made anew in it")
{
    std::make_unique<exchange>()->bytes[7] = 'x';
    CHECK(std::make_unique<exchange>()->bytes[7] == 0);
}

TEST_CASE("recycled: an object may end on another thread, and a thread with what it keeps")
{
    auto one = std::make_unique<exchange>();
    std::thread{[taken = std::move(one)]() mutable { taken.reset(); }}.join();
    std::thread{[] { std::make_unique<exchange>(); }}.join();
    CHECK(std::make_unique<exchange>() != nullptr);
}
