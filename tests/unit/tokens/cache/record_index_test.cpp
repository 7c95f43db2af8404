#include "gateway/tokens/cache/record_index.hpp"

#include "gateway/tokens/cache/huge_block.hpp"
#include "gateway/tokens/cache/record_ring.hpp"

#include <doctest/doctest.h>

#include <map>
#include <new>
#include <random>
#include <vector>

using namespace yett::tokens;

namespace {

// An index of a few slots at the beginning of a block, and records by number behind it.
class few
{
public:
    explicit few(std::size_t slots, std::size_t block_bytes = 1 << 20)
        : block_{block_bytes},
          index_{{block_.data(), block_bytes}, slots},
          first_{block_bytes - most * sizeof(token_record)}
    {
    }
    static constexpr std::uint64_t most = 64;

    token_record& record(std::uint64_t number, std::uint64_t hint)
    {
        auto* const made = new (block_.data() + first_ + number * sizeof(token_record)) token_record{};
        made->digest = {number, number};
        made->hint = hint;
        return *made;
    }
    record_index& index() { return index_; }

private:
    huge_block block_;
    record_index index_;
    std::size_t first_;
};
static_assert(sizeof(token_record) % record_ring::alignment == 0);

} // namespace

TEST_CASE("record index: among random additions and removals every record is found, and no other")
{
    constexpr std::size_t slots = 80;
    few all{slots};
    std::map<std::uint64_t, token_record*> there;
    std::map<std::uint64_t, std::uint64_t> hints;
    std::mt19937_64 random{11};
    // Homes at the end as well, so that runs wrap around, and hints that differ in few bits.
    for (std::uint64_t number = 0; number < few::most; ++number)
        hints[number] = (random() % 4) << 62 | (0xffff'ffff - random() % 3 * 0x2000'0000);
    for (int step = 0; step < 20'000; ++step) {
        auto const number = random() % few::most;
        if (auto const found = there.find(number); found != there.end()) {
            all.index().remove(*found->second);
            there.erase(found);
        } else {
            auto& made = all.record(number, hints[number]);
            all.index().add(made);
            there[number] = &made;
        }
        auto const asked = random() % few::most;
        auto const known = there.find(asked);
        auto* const expected = known == there.end() ? nullptr : known->second;
        REQUIRE(all.index().find(hints[asked], {asked, asked}) == expected);
    }
    for (auto const& [number, made] : there) all.index().remove(*made);
    for (std::uint64_t number = 0; number < few::most; ++number) CHECK(!all.index().find_likely(hints[number]));
}

TEST_CASE("record index: the likely record is one whose hint fits as far as it is kept")
{
    few all{64};
    constexpr std::uint64_t hint = 0x8123'4567'0000'0000;
    auto& made = all.record(1, hint);
    CHECK(!all.index().find_likely(hint));
    all.index().add(made);
    CHECK(all.index().find_likely(hint) == &made);
    CHECK(!all.index().find_likely(hint ^ std::uint64_t{1} << 63));
    CHECK(!all.index().find(hint, {2, 2}));
}

TEST_CASE("record index: reaches the end of the largest block")
{
    few all{64, record_index::most_block_bytes / record_ring::alignment * record_ring::alignment};
    auto& first = all.record(0, 1);
    auto& last = all.record(few::most - 1, 2);
    all.index().add(first);
    all.index().add(last);
    CHECK(all.index().find(1, {0, 0}) == &first);
    CHECK(all.index().find(2, {few::most - 1, few::most - 1}) == &last);
    all.index().remove(first);
    CHECK(all.index().find(2, {few::most - 1, few::most - 1}) == &last);
}
