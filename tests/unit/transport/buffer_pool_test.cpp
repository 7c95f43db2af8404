#include "gateway/transport/buffer_pool.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

using namespace yett::transport;

TEST_CASE("buffer pool: the buffer given back last is lent next")
{
    buffer_pool pool{5000};
    CHECK(pool.buffer_bytes() == 8192);
    auto a = pool.take();
    auto b = pool.take();
    auto* const where = a.data();
    CHECK(a.data() != b.data());
    a.reset();
    CHECK_FALSE(a);
    auto c = pool.take();
    CHECK(c.data() == where);
    CHECK(pool.lent() == 2);
    b = std::move(c);
    CHECK(pool.lent() == 1);
    CHECK(b.data() == where);
}

TEST_CASE("buffer pool: what a crowd needed is given back when it is gone")
{
    buffer_pool pool{4096};
    std::vector<buffer_pool::buffer> crowd;
    for (int i = 0; i < 1000; ++i) {
        crowd.push_back(pool.take());
        std::memset(crowd.back().data(), 1, 4096);
    }
    crowd.clear();
    CHECK(pool.warm() == 1000);
    // In use since the last look, so they stay for now.
    pool.trim();
    CHECK(pool.warm() == 1000);
    pool.trim();
    CHECK(pool.warm() == 16);
    for (int i = 0; i < 1000; ++i) {
        crowd.push_back(pool.take());
        crowd.back().data()[4095] = 2;
    }
    CHECK(pool.lent() == 1000);
}
