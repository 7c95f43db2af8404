#pragma once

#include "gateway/tokens/cache/huge_block.hpp"
#include "gateway/tokens/cache/record_index.hpp"
#include "gateway/tokens/cache/record_ring.hpp"
#include "gateway/tokens/cache/token_record.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace yett::tokens {

// The records of a cache, found by digest and bounded in bytes, 32 GiB at most: one block of
// memory holds the index, what is remembered of the evicted, and two rings of records.
//
// Eviction is S3-FIFO (Yang et al., SOSP 2023): what is new waits in a small queue, a tenth
// of the room, and once the cache is full only what was used there more than once, or comes
// back soon after it had to go, moves to the main queue. So a stream of tokens that are
// shown once passes through the tenth. SIEVE, its simpler sister, lets such a stream move
// the hand over the whole cache; LRU and CLOCK lose everything to it.
class token_store
{
public:
    using farewell = std::function<void(token_record const&)>;

    // `on_removal` hears of every record right before it is forgotten.
    token_store(std::size_t bytes, farewell on_removal);
    token_store(token_store const&) = delete;
    token_store& operator=(token_store const&) = delete;

    // Fetches what find() will read: the index first, then the record that is likely meant.
    void prefetch(std::uint64_t hint) const noexcept { index_.prefetch(hint); }
    void prefetch_likely(std::uint64_t hint) const noexcept;

    // Counts as a use of the record. It stays where it is until the next insert().
    token_record* find(std::uint64_t hint, digest128 const& digest) noexcept;

    // Makes a record with room for `identity_bytes` and evicts others for it. Null when it
    // is larger than a hundredth of the cache. The digest and the hint are filled in.
    token_record* insert(std::uint64_t hint, digest128 const& digest, std::size_t identity_bytes, wall_time now);
    void remove(token_record& gone) noexcept;

    // What was written so far, and never less later.
    std::size_t bytes() const noexcept { return fixed_bytes_ + small_.touched() + main_.touched(); }
    std::size_t entries() const noexcept { return entries_; }
    std::uint64_t evictions() const noexcept { return evictions_; }

private:
    // A record that had to go lately: which one, and when, counted in evictions.
    struct ghost
    {
        std::uint32_t name;
        std::uint32_t when;
    };

    std::span<char> ring_memory(std::size_t from, std::size_t to) const noexcept;
    void make_room_in_main(std::size_t bytes, wall_time now);
    bool crowded() const noexcept;
    void make_room_in_index(wall_time now);
    void evict_from_small(wall_time now);
    void evict_from_main(wall_time now);
    void evict(token_record& gone) noexcept;
    void rotate_main() noexcept;
    void move(token_record& from, char* to) noexcept;
    ghost& ghost_of(std::uint64_t hint) noexcept;
    bool came_back(std::uint64_t hint) noexcept;

    std::size_t const budget_;
    farewell on_removal_;
    std::size_t const fixed_bytes_;
    std::size_t const ring_bytes_;
    huge_block block_;
    record_index index_;
    std::span<ghost> ghosts_; // as many as there may be records
    record_ring small_;
    record_ring main_;
    std::vector<char> moving_;
    std::size_t entries_ = 0;
    std::uint64_t evictions_ = 0;
};

} // namespace yett::tokens
