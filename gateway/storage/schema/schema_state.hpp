#pragma once

#include "gateway/storage/schema/step.hpp"

#include <span>
#include <string>

namespace yett::storage::schema {

// What a store says of its own schema.
struct schema_state
{
    int version = 0; // 0: there is nothing yet
    int oldest_program = 0;
};

enum class fit : unsigned char
{
    current,
    behind,  // steps are pending
    ahead,   // a newer program was here and left what this one may work with
    too_new, // and left what means something else to this one
};

// The version of a program that knows these steps.
int newest(std::span<step const> all) noexcept;

fit fit_of(schema_state const& store, int program) noexcept;

// Those that the store has not taken.
std::span<step const> pending(std::span<step const> all, schema_state const& store) noexcept;

// Why a store is too new, in words.
std::string say_too_new(schema_state const& store, int program);

} // namespace yett::storage::schema
