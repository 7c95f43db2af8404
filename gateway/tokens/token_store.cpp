#include "gateway/tokens/token_store.hpp"

#include <malloc.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <new>
#include <utility>

namespace yett::tokens {
namespace {

// A record of a usual claim set with what the allocator adds; sizes the index.
constexpr std::size_t usual_record_bytes = 384;
constexpr unsigned pointer_bits = 48;
constexpr std::uint64_t pointer_mask = (std::uint64_t{1} << pointer_bits) - 1;
constexpr std::uint8_t most_uses = 3;
constexpr std::uint8_t uses_that_prove = 2;

template<class T>
zeroed_array<T> zeroed(std::size_t count)
{
    auto* const block = std::calloc(count, sizeof(T));
    if (!block) throw std::bad_alloc{};
    return zeroed_array<T>{static_cast<T*>(block)};
}

token_record* record_in(std::uint64_t word) noexcept
{
    return reinterpret_cast<token_record*>(word & pointer_mask);
}

std::uint64_t tag_of(std::uint64_t hint) noexcept
{
    return hint >> pointer_bits;
}

// What malloc took for a block, its own header included.
std::size_t cost_of(void* block) noexcept
{
    return malloc_usable_size(block) + sizeof(std::size_t);
}

} // namespace

void free_memory::operator()(void* block) const noexcept
{
    std::free(block);
}

void token_store::queue::push(token_record& added) noexcept
{
    added.older = newest;
    added.newer = nullptr;
    (newest ? newest->newer : oldest) = &added;
    newest = &added;
    bytes += added.bytes;
}

void token_store::queue::take(token_record& gone) noexcept
{
    (gone.older ? gone.older->newer : oldest) = gone.newer;
    (gone.newer ? gone.newer->older : newest) = gone.older;
    bytes -= gone.bytes;
}

token_store::token_store(std::size_t bytes, farewell on_removal)
    : budget_{bytes}, on_removal_{std::move(on_removal)},
      index_mask_{std::bit_ceil(std::max<std::size_t>(64, bytes / usual_record_bytes * 5 / 4)) - 1},
      ghost_mask_{(index_mask_ + 1) / 2 - 1}, index_{zeroed<std::uint64_t>(index_mask_ + 1)},
      ghosts_{zeroed<ghost>(ghost_mask_ + 1)},
      fixed_bytes_{(index_mask_ + 1) * sizeof(std::uint64_t) + (ghost_mask_ + 1) * sizeof(ghost)}
{
}

token_store::~token_store()
{
    while (main_.oldest) remove(*main_.oldest);
    while (small_.oldest) remove(*small_.oldest);
}

void token_store::prefetch(std::uint64_t hint) const noexcept
{
    __builtin_prefetch(&index_[hint & index_mask_]);
}

token_record const* token_store::prefetch_likely(std::uint64_t hint) const noexcept
{
    for (auto at = hint;; ++at) {
        auto const word = index_[at & index_mask_];
        if (word == 0) return nullptr;
        if (word >> pointer_bits != tag_of(hint)) continue;
        auto const* const likely = reinterpret_cast<char const*>(record_in(word));
        for (std::size_t line = 0; line < usual_record_bytes; line += 64) __builtin_prefetch(likely + line);
        return record_in(word);
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
    auto const needed = sizeof(token_record) + identity_bytes;
    if (needed > budget_ / 100) return nullptr;
    make_room(needed + 3 * sizeof(std::size_t), now);
    auto* const block = std::malloc(needed);
    if (!block) return nullptr;
    auto* const made = new (block) token_record{};
    made->digest = digest;
    made->hint = hint;
    made->bytes = static_cast<std::uint32_t>(cost_of(block));
    made->proven = came_back(hint);
    queue_of(*made).push(*made);
    place(*made);
    ++entries_;
    return made;
}

void token_store::remove(token_record& gone) noexcept
{
    on_removal_(gone);
    queue_of(gone).take(gone);
    unplace(gone);
    --entries_;
    std::free(&gone);
}

void token_store::make_room(std::size_t needed, wall_time now)
{
    // Long probes cost more than the room that the last fifth of the index would give.
    auto const crowded = [&] { return (entries_ + 1) * 5 > (index_mask_ + 1) * 4; };
    while (entries_ > 0 && (bytes() + needed > budget_ || crowded())) {
        bool const small_is_due = small_.bytes * 10 >= small_.bytes + main_.bytes;
        if (small_.oldest && (small_is_due || !main_.oldest)) evict_from_small(now);
        else evict_from_main(now);
    }
}

void token_store::evict_from_small(wall_time now)
{
    auto& candidate = *small_.oldest;
    if (candidate.uses < uses_that_prove || candidate.end <= now) {
        auto& remembered = ghost_of(candidate.hint);
        remembered = {static_cast<std::uint32_t>(candidate.hint >> 32), static_cast<std::uint32_t>(evictions_)};
        return evict(candidate);
    }
    small_.take(candidate);
    candidate.proven = true;
    candidate.uses = 0;
    main_.push(candidate);
}

void token_store::evict_from_main(wall_time now)
{
    auto& candidate = *main_.oldest;
    if (candidate.uses == 0 || candidate.end <= now) return evict(candidate);
    main_.take(candidate);
    --candidate.uses;
    main_.push(candidate);
}

void token_store::evict(token_record& gone) noexcept
{
    ++evictions_;
    remove(gone);
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
