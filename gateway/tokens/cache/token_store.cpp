#include "gateway/tokens/cache/token_store.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

// Index, ghosts, small queue and main queue lie in one block in this order. A queue is a ring of
// records of different lengths (record_ring), so records are neither allocated nor freed one by
// one; what is removed in the midst of a ring is marked dead and its bytes come back when its turn
// comes.
//
// A hit counts one in the record it has read anyway, three at most, and moves nothing. A record
// that comes to the end of the small queue goes on to the main queue if it was used twice, and is
// evicted otherwise; a ghost remembers the upper half of its hint and when that was. Comes it back
// before as many others had to go as there are records, it goes to the main queue at once. That
// queue gives a record another round for each use that it counted.
//
// No record may be so large that making room for it would empty a queue: above a hundredth of the
// budget it is not kept, and its token is verified each time.

namespace yett::tokens {
namespace {

static_assert(std::is_trivially_copyable_v<token_record>);

// A record of few claims; sizes the index.
constexpr std::size_t small_record_bytes = 240;
constexpr std::uint8_t most_uses = 3;
constexpr std::uint8_t uses_that_prove = 2;

std::size_t rounded(std::size_t bytes) noexcept
{
    return (bytes + record_ring::alignment - 1) / record_ring::alignment * record_ring::alignment;
}

// A number for which the index and as many ghosts as records end on an alignment.
std::size_t slots(std::size_t budget) noexcept
{
    return std::max<std::size_t>(80, budget / small_record_bytes * 5 / 4) / 20 * 20;
}

std::size_t index_bytes(std::size_t budget) noexcept
{
    return record_index::bytes_for(slots(budget));
}

// Long probes cost more than the room that the last fifth of the index would give.
std::size_t most_records(std::size_t budget) noexcept
{
    return slots(budget) * 4 / 5;
}

} // namespace

token_store::token_store(std::size_t bytes, farewell on_removal)
    : budget_{std::min(bytes, record_index::most_block_bytes)},
      on_removal_{std::move(on_removal)},
      fixed_bytes_{index_bytes(budget_) + most_records(budget_) * sizeof(ghost)},
      ring_bytes_{budget_ > fixed_bytes_ ? (budget_ - fixed_bytes_) / record_ring::alignment * record_ring::alignment : 0},
      block_{fixed_bytes_ + ring_bytes_},
      index_{{block_.data(), block_.size()}, slots(budget_)},
      ghosts_{reinterpret_cast<ghost*>(block_.data() + index_bytes(budget_)), most_records(budget_)},
      small_{ring_memory(0, rounded(ring_bytes_ / 10))},
      main_{ring_memory(rounded(ring_bytes_ / 10), ring_bytes_)}
{
}

std::span<char> token_store::ring_memory(std::size_t from, std::size_t to) const noexcept
{
    return {block_.data() + fixed_bytes_ + from, to - from};
}

void token_store::prefetch_likely(std::uint64_t hint) const noexcept
{
    auto const* const likely = reinterpret_cast<char const*>(index_.find_likely(hint));
    if (!likely) return;
    for (std::size_t line = 0; line < 5 * 64; line += 64) __builtin_prefetch(likely + line, 1);
}

token_record* token_store::find(std::uint64_t hint, digest128 const& digest) noexcept
{
    auto* const found = index_.find(hint, digest);
    if (found && found->uses < most_uses) ++found->uses;
    return found;
}

token_record* token_store::insert(std::uint64_t hint, digest128 const& digest, std::size_t identity_bytes, wall_time now)
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
    index_.add(*made);
    ++entries_;
    return made;
}

// Its room is free again when its turn comes.
void token_store::remove(token_record& gone) noexcept
{
    on_removal_(gone);
    index_.remove(gone);
    gone.dead = true;
    --entries_;
}

void token_store::make_room_in_main(std::size_t bytes, wall_time now)
{
    while (!main_.fits(bytes)) evict_from_main(now);
}

bool token_store::crowded() const noexcept
{
    return entries_ >= ghosts_.size();
}

// The small queue gives one while it holds a tenth of all bytes or more, the main queue otherwise.
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
    index_.remove(oldest);
    main_.pop();
    auto* const to = main_.push(bytes);
    std::memcpy(to, moving_.data(), bytes);
    index_.add(*reinterpret_cast<token_record*>(to));
}

void token_store::move(token_record& from, char* to) noexcept
{
    index_.remove(from);
    std::memcpy(to, &from, from.bytes);
    index_.add(*reinterpret_cast<token_record*>(to));
}

token_store::ghost& token_store::ghost_of(std::uint64_t hint) noexcept
{
    return ghosts_[slot_of(hint, ghosts_.size())];
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
