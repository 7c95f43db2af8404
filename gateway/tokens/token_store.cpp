#include "gateway/tokens/token_store.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace yett::tokens {
namespace {

static_assert(std::is_trivially_copyable_v<token_record>);

// A record of a usual claim set; sizes the index.
constexpr std::size_t usual_record_bytes = 320;
constexpr unsigned pointer_bits = 48;
constexpr std::uint64_t pointer_mask = (std::uint64_t{1} << pointer_bits) - 1;
constexpr std::uint8_t most_uses = 3;
constexpr std::uint8_t uses_that_prove = 2;

std::size_t rounded(std::size_t bytes) noexcept
{
    return (bytes + record_ring::alignment - 1) / record_ring::alignment * record_ring::alignment;
}

token_record* record_in(std::uint64_t word) noexcept
{
    return reinterpret_cast<token_record*>(word & pointer_mask);
}

std::uint64_t tag_of(std::uint64_t hint) noexcept
{
    return hint >> pointer_bits;
}

} // namespace

token_store::token_store(std::size_t bytes, farewell on_removal)
    : budget_{bytes},
      on_removal_{std::move(on_removal)},
      index_mask_{std::bit_ceil(std::max<std::size_t>(64, bytes / usual_record_bytes * 5 / 4)) - 1},
      ghost_mask_{(index_mask_ + 1) / 2 - 1},
      fixed_bytes_{(index_mask_ + 1) * sizeof(std::uint64_t) + (ghost_mask_ + 1) * sizeof(ghost)},
      ring_bytes_{bytes > fixed_bytes_ ? rounded(bytes - fixed_bytes_) - record_ring::alignment : 0},
      block_{fixed_bytes_ + ring_bytes_},
      index_{reinterpret_cast<std::uint64_t*>(block_.data())},
      ghosts_{reinterpret_cast<ghost*>(index_ + index_mask_ + 1)},
      small_{ring_memory(0, rounded(ring_bytes_ / 10))},
      main_{ring_memory(rounded(ring_bytes_ / 10), ring_bytes_)}
{
}

std::span<char> token_store::ring_memory(std::size_t from, std::size_t to) const noexcept
{
    return {block_.data() + fixed_bytes_ + from, to - from};
}

void token_store::prefetch(std::uint64_t hint) const noexcept
{
    __builtin_prefetch(&index_[hint & index_mask_]);
}

void token_store::prefetch_likely(std::uint64_t hint) const noexcept
{
    for (auto at = hint;; ++at) {
        auto const word = index_[at & index_mask_];
        if (word == 0) return;
        if (word >> pointer_bits != tag_of(hint)) continue;
        auto const* const likely = reinterpret_cast<char const*>(record_in(word));
        for (std::size_t line = 0; line < 5 * 64; line += 64) __builtin_prefetch(likely + line, 1);
        return;
    }
}

token_record* token_store::find(std::uint64_t hint, digest256 const& digest) noexcept
{
    for (auto at = hint;; ++at) {
        auto const word = index_[at & index_mask_];
        if (word == 0) return nullptr;
        if (word >> pointer_bits != tag_of(hint)) continue;
        auto* const found = record_in(word);
        if (found->digest != digest) continue;
        if (found->uses < most_uses) ++found->uses;
        return found;
    }
}

token_record* token_store::insert(std::uint64_t hint, digest256 const& digest, std::size_t identity_bytes, wall_time now)
{
    auto const needed = rounded(sizeof(token_record) + identity_bytes);
    if (needed > budget_ / 100 || needed > ring_bytes_ / 16) return nullptr;
    make_room_in_index(now);
    auto const proven = came_back(hint);
    if (proven) make_room_in_main(needed, now);
    else
        while (!small_.fits(needed)) evict_from_small(now);
    auto* const made = new ((proven ? main_ : small_).push(needed)) token_record{};
    made->digest = digest;
    made->hint = hint;
    made->bytes = static_cast<std::uint32_t>(needed);
    place(*made);
    ++entries_;
    return made;
}

// Its room is free again when its turn comes.
void token_store::remove(token_record& gone) noexcept
{
    on_removal_(gone);
    unplace(gone);
    gone.dead = true;
    --entries_;
}

void token_store::make_room_in_main(std::size_t bytes, wall_time now)
{
    while (!main_.fits(bytes)) evict_from_main(now);
}

// Long probes cost more than the room that the last fifth of the index would give.
bool token_store::crowded() const noexcept
{
    return (entries_ + 1) * 5 > (index_mask_ + 1) * 4;
}

void token_store::make_room_in_index(wall_time now)
{
    while (crowded()) {
        bool const small_is_due = small_.bytes() * 10 >= small_.bytes() + main_.bytes();
        if (!small_.empty() && (small_is_due || main_.empty())) evict_from_small(now);
        else evict_from_main(now);
    }
}

// While the main queue has room, nothing needs to go.
void token_store::evict_from_small(wall_time now)
{
    auto& candidate = small_.oldest();
    if (!candidate.dead) {
        bool const has_room = main_.fits(candidate.bytes) && !crowded();
        bool const stays = candidate.end > now && (candidate.uses >= uses_that_prove || has_room);
        if (stays) {
            make_room_in_main(candidate.bytes, now);
            candidate.uses = 0;
            move(candidate, main_.push(candidate.bytes));
        } else {
            auto& remembered = ghost_of(candidate.hint);
            remembered = {static_cast<std::uint32_t>(candidate.hint >> 32), static_cast<std::uint32_t>(evictions_)};
            evict(candidate);
        }
    }
    small_.pop();
}

void token_store::evict_from_main(wall_time now)
{
    auto& candidate = main_.oldest();
    if (!candidate.dead && candidate.uses > 0 && candidate.end > now) return rotate_main();
    if (!candidate.dead) evict(candidate);
    main_.pop();
}

void token_store::evict(token_record& gone) noexcept
{
    ++evictions_;
    remove(gone);
}

// From the end that leaves to the other. The new place may overlap the old one.
void token_store::rotate_main() noexcept
{
    auto& oldest = main_.oldest();
    --oldest.uses;
    auto const bytes = oldest.bytes;
    auto const* const from = reinterpret_cast<char const*>(&oldest);
    moving_.assign(from, from + bytes);
    unplace(oldest);
    main_.pop();
    auto* const to = main_.push(bytes);
    std::memcpy(to, moving_.data(), bytes);
    place(*reinterpret_cast<token_record*>(to));
}

void token_store::move(token_record& from, char* to) noexcept
{
    unplace(from);
    std::memcpy(to, &from, from.bytes);
    place(*reinterpret_cast<token_record*>(to));
}

void token_store::place(token_record& added) noexcept
{
    auto at = added.hint;
    while (index_[at & index_mask_] != 0) ++at;
    index_[at & index_mask_] = tag_of(added.hint) << pointer_bits | reinterpret_cast<std::uint64_t>(&added);
}

// Closes the gap: every record behind it moves up unless that would take it before its home.
void token_store::unplace(token_record const& gone) noexcept
{
    auto gap = gone.hint & index_mask_;
    while (record_in(index_[gap]) != &gone) gap = (gap + 1) & index_mask_;
    for (auto at = (gap + 1) & index_mask_; index_[at] != 0; at = (at + 1) & index_mask_) {
        auto const home = record_in(index_[at])->hint & index_mask_;
        if (((at - home) & index_mask_) < ((at - gap) & index_mask_)) continue;
        index_[gap] = index_[at];
        gap = at;
    }
    index_[gap] = 0;
}

token_store::ghost& token_store::ghost_of(std::uint64_t hint) noexcept
{
    return ghosts_[hint & ghost_mask_];
}

// Whether it had to go no longer ago than the main queue is long.
bool token_store::came_back(std::uint64_t hint) noexcept
{
    auto& remembered = ghost_of(hint);
    if (remembered.name != static_cast<std::uint32_t>(hint >> 32)) return false;
    auto const age = static_cast<std::uint32_t>(evictions_) - remembered.when;
    remembered = {};
    return age <= entries_;
}

} // namespace yett::tokens
