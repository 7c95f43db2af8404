#pragma once

#include "gateway/tokens/cache/token_record.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace yett::tokens {

// Spreads hints evenly over a table of any size. It takes the lower half of the hint; the
// upper half is left to tell those apart that meet.
constexpr std::size_t slot_of(std::uint64_t hint, std::size_t slots) noexcept
{
    return (hint & 0xffff'ffff) * slots >> 32;
}

// Finds records by hint and digest: open addressing in words of four bytes, which say where
// in the block of memory a record begins and, in the bits that are left, a piece of its hint.
// So few bytes for a record that the page tables of the index stay in the processor's
// caches; a word of eight bytes costs a hit among a million tokens two cold walks, not one.
class record_index
{
public:
    // The index lies at the beginning of the block, zeroed, and takes bytes_for() of it; the
    // records lie behind it, aligned as in a record_ring.
    record_index(std::span<char> block, std::size_t slots) noexcept;

    static constexpr std::size_t bytes_for(std::size_t slots) noexcept { return slots * sizeof(word); }
    // What four bytes can address.
    static constexpr std::size_t most_block_bytes = (std::size_t{1} << 35) - 1;

    // Fetches what the two look-ups read first.
    void prefetch(std::uint64_t hint) const noexcept { __builtin_prefetch(&words_[home_of(hint)]); }
    // The record that is most likely meant, without a look at it; null when there is none.
    token_record* find_likely(std::uint64_t hint) const noexcept;
    token_record* find(std::uint64_t hint, digest128 const& digest) const noexcept;

    // There is a free slot, and the record is not in the index.
    void add(token_record const& added) noexcept;
    // It is there.
    void remove(token_record const& gone) noexcept;

private:
    using word = std::uint32_t;

    std::size_t home_of(std::uint64_t hint) const noexcept { return slot_of(hint, words_.size()); }
    std::size_t after(std::size_t slot) const noexcept { return slot + 1 == words_.size() ? 0 : slot + 1; }
    // The first with this piece of hint that is the one meant.
    token_record* first(std::uint64_t hint, auto const& is_meant) const noexcept;
    std::size_t distance(std::size_t from, std::size_t to) const noexcept;
    word tag_of(std::uint64_t hint) const noexcept;
    word word_of(token_record const& record) const noexcept;
    token_record* record_in(word from) const noexcept;

    char* block_;
    std::span<word> words_; // 0: nothing
    unsigned place_bits_;
};

} // namespace yett::tokens
