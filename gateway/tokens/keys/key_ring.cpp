#include "gateway/tokens/keys/key_ring.hpp"

#include "gateway/tokens/keys/key_document.hpp"

#include <fmt/format.h>

#include <algorithm>

// The keys of one algorithm through their lives: made and published, signing, retired, spent. All
// of it follows from the moments in the keys and from the clock (key_schedule), so that several
// processes that look at the same store agree without a word. The store gives a number once: when
// two processes see at the same time that a new key is due, one of them makes it and the other
// finds it.
//
// The keys may not all be gone. An empty store at the start gets its first key; one that becomes
// empty later was damaged, and a new key on top of that would hide it.

namespace yett::tokens {

// A key that was opened before is not opened again: its document never changes, and opening
// a sealed one costs tens of milliseconds.
result<std::vector<own_key>> key_ring::opened(std::vector<kept_key> const& kept) const
{
    std::vector<own_key> keys;
    for (auto const& each : kept) {
        auto const known = std::ranges::find(keys_, each.number, &own_key::number);
        if (known != keys_.end()) {
            keys.push_back(*known);
            continue;
        }
        auto key = read_key(each, options_.sealing);
        if (!key)
            return our_error(errc::internal,
                             fmt::format("signing key {} of {}: {}", each.number, name_of(each.alg), key.error().note()));
        keys.push_back(std::move(*key));
    }
    return keys;
}

task<result<bool>> key_ring::read()
{
    auto const kept = co_await store_.list(options_.alg);
    if (!kept) co_return kept.error();
    auto keys = opened(*kept);
    if (!keys) co_return keys.error();
    if (keys->empty() && !keys_.empty()) co_return our_error(errc::internal, "all signing keys are gone from their store");
    bool const same = std::ranges::equal(*keys, keys_, {}, &own_key::number, &own_key::number);
    keys_ = std::move(*keys);
    co_return !same;
}

namespace {

// A kid that begins with a dash would be taken for an option of a command.
result<signing_key> generate(algorithm alg)
{
    for (;;) {
        auto fresh = signing_key::generate(alg);
        if (!fresh || !fresh->kid().starts_with('-')) return fresh;
    }
}

} // namespace

task<result<void>> key_ring::add(unsigned number, wall_time now, wall_time from)
{
    auto fresh = generate(options_.alg);
    if (!fresh) co_return fresh.error();
    own_key made{std::move(*fresh), number, now, from};
    auto const kept = write_key(made, options_.sealing);
    if (!kept) co_return kept.error();
    auto const added = co_await store_.add(*kept);
    if (!added) co_return added.error();
    auto const seen = co_await read();
    if (!seen) co_return seen.error();
    co_return result<void>{};
}

task<result<bool>> key_ring::refresh(wall_time now)
{
    auto const changed = co_await read();
    if (!changed) co_return changed.error();
    auto different = *changed;
    if (keys_.empty()) {
        auto const first = co_await add(1, now, now);
        if (!first) co_return first.error();
        different = true;
    }
    if (now >= successor_due(keys_, options_.schedule)) {
        auto const next = co_await add(keys_.back().number + 1, now, successor_signs_from(keys_, options_.schedule, now));
        if (!next) co_return next.error();
        different = true;
    }
    std::vector<unsigned> spent;
    for (auto const& each : keys_)
        if (state_of(keys_, each, options_.schedule, now) == key_state::spent) spent.push_back(each.number);
    for (auto const number : spent) {
        auto const gone = co_await store_.remove(options_.alg, number);
        if (!gone) co_return gone.error();
        std::erase_if(keys_, [number](own_key const& k) { return k.number == number; });
        different = true;
    }
    co_return different;
}

task<result<void>> key_ring::rotate(wall_time now, wall_time from)
{
    return add(keys_.back().number + 1, now, from);
}

// Removing the key that signs, or the youngest, makes a successor first: there is a key to sign
// with at every moment.
task<result<void>> key_ring::remove(std::string_view kid, wall_time now)
{
    auto const is_it = [kid](own_key const& k) { return k.key.kid() == kid; };
    auto const found = std::ranges::find_if(keys_, is_it);
    if (found == keys_.end()) co_return errc::not_found;
    auto const doomed = found->number;
    if (doomed == signing(now).number || doomed == keys_.back().number) {
        auto const next = co_await add(keys_.back().number + 1, now, now);
        if (!next) co_return next.error();
    }
    auto const gone = co_await store_.remove(options_.alg, doomed);
    if (!gone) co_return gone.error();
    auto const seen = co_await read();
    if (!seen) co_return seen.error();
    co_return result<void>{};
}

} // namespace yett::tokens
