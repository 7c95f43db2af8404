#pragma once

#include "gateway/tokens/keys/key_store.hpp"
#include "gateway/tokens/keys/own_keys.hpp"

#include <string_view>
#include <vector>

namespace yett::tokens {

// The keys Yett signs with, as a store keeps them and a schedule turns them over. Belongs
// to one thread; calls must not overlap.
//
// Any number of processes may do all of this at once with one store: who comes second with
// a number takes the key of who came first.
class key_ring
{
public:
    struct options
    {
        algorithm alg = algorithm::es256;
        secret sealing; // tokens.keys.secret; empty: keys are kept in the clear
        key_schedule schedule;
    };
    // The store outlives the ring.
    key_ring(key_store& store, options opts) : store_{store}, options_{std::move(opts)} {}

    // Reads what is new in the store, makes the first key or a successor that is due, and
    // forgets what is spent. True when the keys are others than before. On failure they
    // stay as they were; at start-up that is none.
    task<result<bool>> refresh(wall_time now);

    // Makes a successor that signs from `from` on, whatever the schedule says; of several
    // coming keys the youngest wins. It is the last of keys() then.
    task<result<void>> rotate(wall_time now, wall_time from);

    // Takes a key out of the store for good. When it was the one that signs or the last, a
    // successor that signs at once is there before. `not_found` for an unknown kid.
    task<result<void>> remove(std::string_view kid, wall_time now);

    // Oldest first; never empty after the first refresh() that did not fail.
    std::vector<own_key> const& keys() const noexcept { return keys_; }
    own_key const& signing(wall_time now) const noexcept { return signing_among(keys_, now); }
    key_schedule const& schedule() const noexcept { return options_.schedule; }

private:
    task<result<bool>> read();
    task<result<void>> add(unsigned number, wall_time now, wall_time from);
    result<std::vector<own_key>> opened(std::vector<kept_key> const& kept) const;

    key_store& store_;
    options const options_;
    std::vector<own_key> keys_;
};

} // namespace yett::tokens
