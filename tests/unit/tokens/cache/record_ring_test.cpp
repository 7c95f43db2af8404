#include "gateway/tokens/cache/record_ring.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <deque>
#include <new>
#include <random>
#include <vector>

using namespace yett::tokens;

TEST_CASE("record ring: whatever the sizes, records leave in the order they came, unharmed")
{
    constexpr std::size_t room = 64 * 1024;
    std::vector<token_record> memory(room / sizeof(token_record));
    record_ring ring{{reinterpret_cast<char*>(memory.data()), memory.size() * sizeof(token_record)}};
    std::mt19937 random{11};
    std::deque<std::pair<std::uint64_t, std::size_t>> expected;
    std::size_t held = 0;
    auto const take = [&] {
        auto const& oldest = ring.oldest();
        REQUIRE(oldest.hint == expected.front().first);
        REQUIRE(oldest.bytes == expected.front().second);
        auto const* const tail = reinterpret_cast<unsigned char const*>(&oldest) + sizeof oldest;
        for (std::size_t i = 0; i < oldest.bytes - sizeof oldest; ++i)
            REQUIRE(tail[i] == static_cast<unsigned char>(oldest.hint));
        held -= oldest.bytes;
        expected.pop_front();
        ring.pop();
    };
    for (std::uint64_t number = 0; number < 3'000; ++number) {
        auto const bytes = sizeof(token_record) + random() % 100 * record_ring::alignment;
        while (!ring.fits(bytes)) take();
        // Now and then it runs empty.
        if (random() % 500 == 0)
            while (!ring.empty()) take();
        auto* const place = ring.push(bytes);
        REQUIRE(place);
        auto* const made = new (place) token_record{};
        made->hint = number;
        made->bytes = static_cast<std::uint32_t>(bytes);
        std::memset(place + sizeof *made, static_cast<int>(number & 0xff), bytes - sizeof *made);
        expected.emplace_back(number, bytes);
        held += bytes;
        CHECK(ring.bytes() == held);
        CHECK(held <= room);
    }
    CHECK(ring.touched() <= room);
}

TEST_CASE("record ring: after a pop a record of the same size fits, and there is never room for more than all")
{
    std::vector<token_record> memory(10);
    auto const bytes = sizeof(token_record);
    record_ring ring{{reinterpret_cast<char*>(memory.data()), memory.size() * bytes}};
    for (int i = 0; i < 10; ++i) (new (ring.push(bytes)) token_record{})->bytes = static_cast<std::uint32_t>(bytes);
    CHECK(ring.push(bytes) == nullptr);
    for (int i = 0; i < 35; ++i) {
        ring.pop();
        auto* const place = ring.push(bytes);
        REQUIRE(place);
        (new (place) token_record{})->bytes = static_cast<std::uint32_t>(bytes);
        CHECK(ring.push(bytes) == nullptr);
    }
}
