#include "gateway/tokens/cache/record_index.hpp"

#include "gateway/tokens/cache/record_ring.hpp"

#include <bit>

// Linear probing without tombstones. A record lies at the home of its hint or behind it with no
// empty slot between, which is what lets a look-up stop at the first empty one; `remove` keeps it
// so. A free slot there always is, for the owner fills four fifths.
//
// A word is a place in the block and, above it, the upper bits of the hint's other half (`slot_of`
// uses the lower one, so that the two say different things). A word that differs there belongs to
// another record and is passed without touching that one. No record has the place 0, where the
// index itself lies: a word of 0 is an empty slot.

namespace yett::tokens {

record_index::record_index(std::span<char> block, std::size_t slots) noexcept
    : block_{block.data()},
      words_{reinterpret_cast<word*>(block.data()), slots},
      place_bits_{static_cast<unsigned>(std::bit_width(block.size() / record_ring::alignment))}
{
}

token_record* record_index::first(std::uint64_t hint, auto const& is_meant) const noexcept
{
    auto const tag = tag_of(hint);
    for (auto at = home_of(hint); words_[at] != 0; at = after(at)) {
        if ((words_[at] ^ tag) >> place_bits_ != 0) continue;
        if (auto* const found = record_in(words_[at]); is_meant(*found)) return found;
    }
    return nullptr;
}

// For the prefetch alone: it takes the first with the same piece of hint, whose digest would have
// to be fetched to know better.
token_record* record_index::find_likely(std::uint64_t hint) const noexcept
{
    return first(hint, [](token_record const&) { return true; });
}

token_record* record_index::find(std::uint64_t hint, digest128 const& digest) const noexcept
{
    return first(hint, [&](token_record const& found) { return found.digest == digest; });
}

void record_index::add(token_record const& added) noexcept
{
    auto at = home_of(added.hint);
    while (words_[at] != 0) at = after(at);
    words_[at] = word_of(added);
}

// Closes the gap: every record behind it moves up unless that would take it before its home.
void record_index::remove(token_record const& gone) noexcept
{
    auto const its = word_of(gone);
    auto gap = home_of(gone.hint);
    while (words_[gap] != its) gap = after(gap);
    for (auto at = after(gap); words_[at] != 0; at = after(at)) {
        auto const home = home_of(record_in(words_[at])->hint);
        if (distance(home, at) < distance(gap, at)) continue;
        words_[gap] = words_[at];
        gap = at;
    }
    words_[gap] = 0;
}

std::size_t record_index::distance(std::size_t from, std::size_t to) const noexcept
{
    return to >= from ? to - from : to + words_.size() - from;
}

record_index::word record_index::tag_of(std::uint64_t hint) const noexcept
{
    return static_cast<word>(hint >> 32) >> place_bits_ << place_bits_;
}

record_index::word record_index::word_of(token_record const& record) const noexcept
{
    auto const at = static_cast<std::size_t>(reinterpret_cast<char const*>(&record) - block_);
    return tag_of(record.hint) | static_cast<word>(at / record_ring::alignment);
}

token_record* record_index::record_in(word from) const noexcept
{
    auto const place = std::size_t{from} & ((std::size_t{1} << place_bits_) - 1);
    return reinterpret_cast<token_record*>(block_ + place * record_ring::alignment);
}

} // namespace yett::tokens
