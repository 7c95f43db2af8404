#include "gateway/transport/input_buffer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

using namespace yett::transport;

namespace {

// A read of that text.
bool receive(input_buffer& b, std::string_view text)
{
    auto const room = b.room();
    std::ranges::copy(text.substr(0, room.size()), room.begin());
    return b.add(std::min(text.size(), room.size()));
}

std::string unread(input_buffer const& b)
{
    return {b.unread().data(), b.unread().size()};
}

} // namespace

TEST_CASE("input_buffer: lent memory is taken for a read and given back with the last byte")
{
    buffer_pool small{4096}, large{16384};
    input_buffer b{small, large};
    CHECK(small.lent() == 0);
    receive(b, "hello");
    CHECK(small.lent() == 1);
    b.consume(2);
    CHECK(unread(b) == "llo");
    CHECK(small.lent() == 1);
    b.consume(3);
    CHECK(b.empty());
    CHECK(small.lent() == 0);
}

TEST_CASE("input_buffer: a read of nothing gives lent memory back")
{
    buffer_pool small{4096}, large{16384};
    input_buffer b{small, large};
    b.room();
    CHECK(small.lent() == 1);
    CHECK_FALSE(b.add(0));
    CHECK(small.lent() == 0);
}

TEST_CASE("input_buffer: who filled a small buffer gets a large one next time, and a small one again")
{
    buffer_pool small{4096}, large{16384};
    input_buffer b{small, large};
    CHECK(receive(b, std::string(4096, 'x')));
    b.consume(4096);
    CHECK_FALSE(receive(b, "a little"));
    CHECK(large.lent() == 1);
    b.consume(8);
    receive(b, "more");
    CHECK(small.lent() == 1);
    CHECK(large.lent() == 0);
}

TEST_CASE("input_buffer: who keeps sending more than a small one holds keeps the large one")
{
    buffer_pool small{4096}, large{16384};
    input_buffer b{small, large};
    receive(b, std::string(4096, 'x'));
    for (auto const bytes : {5000, 4096, 16384, 4097}) {
        b.consume(b.unread().size());
        receive(b, std::string(static_cast<std::size_t>(bytes), 'x'));
        CHECK(large.lent() == 1);
    }
    b.consume(4097);
    receive(b, std::string(4095, 'x'));
    CHECK(large.lent() == 1);
    b.consume(4095);
    receive(b, "a little");
    CHECK(small.lent() == 1);
    CHECK(large.lent() == 0);
}

TEST_CASE("input_buffer: kept memory holds what is unread while more comes")
{
    input_buffer b{16};
    receive(b, "0123456789");
    b.consume(4);
    CHECK_FALSE(receive(b, "abcde"));
    CHECK(unread(b) == "456789abcde");
    CHECK_FALSE(b.full());
    CHECK(receive(b, "vwxyz"));
    CHECK(unread(b) == "456789abcdevwxyz");
    CHECK(b.full());
}

TEST_CASE("input_buffer: what is consumed during a read leaves its room where it is")
{
    input_buffer b{16};
    receive(b, "0123");
    auto const room = b.room();
    b.consume(4);
    std::ranges::copy(std::string_view{"abc"}, room.begin());
    b.add(3);
    CHECK(unread(b) == "abc");
}

TEST_CASE("input_buffer: kept memory grows for what does not fit, by doubling, up to a bound")
{
    input_buffer b{8};
    receive(b, "01234567");
    b.consume(2);
    b.grow(20);
    CHECK(b.capacity() == 16);
    CHECK(unread(b) == "234567");
    b.grow(20);
    CHECK(b.capacity() == 20);
    b.grow(20);
    CHECK(b.capacity() == 20);
    CHECK(unread(b) == "234567");
}

TEST_CASE("input_buffer: only an empty one changes its size, and none that a read has")
{
    input_buffer b{8};
    receive(b, "01");
    b.resize(64);
    CHECK(b.capacity() == 8);
    b.consume(2);
    b.room();
    b.resize(64);
    CHECK(b.capacity() == 8);
    b.add(0);
    b.resize(64);
    CHECK(b.capacity() == 64);
}
