#pragma once

#include "gateway/tokens/token_record.hpp"
#include "gateway/tokens/verifier.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace yett::tokens {

// Frees what calloc gave: zero pages that cost nothing until they are touched.
struct free_memory
{
    void operator()(void* block) const noexcept;
};
template<class T>
using zeroed_array = std::unique_ptr<T[], free_memory>;

// The records of a cache, found by digest and bounded in bytes.
//
// Eviction is S3-FIFO (Yang et al., SOSP 2023): what is new waits in a small queue, a tenth
// of the room, and only what was used there more than once, or comes back soon after it had
// to go, moves to the main queue. So a stream of tokens that are shown once passes through
// the tenth. SIEVE, its simpler sister, lets such a stream move the hand over the whole
// cache; LRU and CLOCK lose everything to it.
class token_store
{
public:
    using farewell = std::function<void(token_record const&)>;

    // `on_removal` hears of every record right before it is freed.
    token_store(std::size_t bytes, farewell on_removal);
    ~token_store();
    token_store(token_store const&) = delete;
    token_store& operator=(token_store const&) = delete;

    // Fetches what find() will read: the index first, then the record that is likely meant.
    void prefetch(std::uint64_t hint) const noexcept;
    token_record const* prefetch_likely(std::uint64_t hint) const noexcept;

    // Counts as a use of the record.
    token_record* find(std::uint64_t hint, digest256 const& digest) noexcept;

    // Makes a record with room for `identity_bytes` and evicts others for it. Null when it
    // is larger than a hundredth of the cache. The digest and the hint are filled in.
    token_record* insert(std::uint64_t hint, digest256 const& digest, std::size_t identity_bytes, wall_time now);
    void remove(token_record& gone) noexcept;

    std::size_t bytes() const noexcept { return fixed_bytes_ + small_.bytes + main_.bytes; }
    std::size_t entries() const noexcept { return entries_; }
    std::uint64_t evictions() const noexcept { return evictions_; }

private:
    struct queue
    {
        token_record* oldest = nullptr;
        token_record* newest = nullptr;
        std::size_t bytes = 0;

        void push(token_record& added) noexcept;
        void take(token_record& gone) noexcept;
    };
    // A record that had to go lately: which one, and when, counted in evictions.
    struct ghost
    {
        std::uint32_t name;
        std::uint32_t when;
    };

    queue& queue_of(token_record const& of) noexcept { return of.proven ? main_ : small_; }
    void make_room(std::size_t needed, wall_time now);
    void evict_from_small(wall_time now);
    void evict_from_main(wall_time now);
    void evict(token_record& gone) noexcept;
    void place(token_record& added) noexcept;
    void unplace(token_record const& gone) noexcept;
    ghost& ghost_of(std::uint64_t hint) noexcept;
    bool came_back(std::uint64_t hint) noexcept;

    std::size_t const budget_;
    farewell on_removal_;
    std::size_t index_mask_;
    std::size_t ghost_mask_;
    zeroed_array<std::uint64_t> index_;      // pointer and, in the upper 16 bits, a piece of the hint
    zeroed_array<ghost> ghosts_;
    std::size_t fixed_bytes_;
    queue small_;
    queue main_;
    std::size_t entries_ = 0;
    std::uint64_t evictions_ = 0;
};

} // namespace yett::tokens
