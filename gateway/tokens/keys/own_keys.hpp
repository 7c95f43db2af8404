#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/tokens/keys/keys.hpp"

#include <span>
#include <vector>

namespace yett::tokens {

// One of the keys that Yett signs with, oldest to youngest by number.
struct own_key
{
    signing_key key;
    unsigned number = 0;
    wall_time made_at{};
    wall_time signs_from{}; // published before, used from here on
};

// tokens.keys of the configuration.
struct key_schedule
{
    seconds rotate_every{30 * 24 * 3600};
    seconds publish_before{24 * 3600};
    seconds keep_for{7 * 24 * 3600};
};

enum class key_state : unsigned char
{
    coming, // published, signs later
    signing,
    retired, // verifies what it signed
    spent,   // nothing it signed is good any more
};

// What follows from the keys and the clock alone, so that processes with the same keys and
// roughly the same clock agree. All of them take keys with rising numbers, at least one.

// The youngest key whose time has come; the oldest when that of none has.
own_key const& signing_among(std::span<own_key const> keys, wall_time now) noexcept;

key_state state_of(std::span<own_key const> keys, own_key const& one, key_schedule const& by, wall_time now) noexcept;

// When the key at `at` stopped signing or will: the start of the next one; far away for the youngest.
wall_time retires_at(std::span<own_key const> keys, own_key const& one) noexcept;

// When a successor has to be made so that it is published before the youngest key's time is over.
wall_time successor_due(std::span<own_key const> keys, key_schedule const& by) noexcept;

// When that successor, made now, begins to sign: on schedule, or late, when nobody was there.
wall_time successor_signs_from(std::span<own_key const> keys, key_schedule const& by, wall_time now) noexcept;

} // namespace yett::tokens
