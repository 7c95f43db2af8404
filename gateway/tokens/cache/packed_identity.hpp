#pragma once

#include "gateway/base/identity.hpp"

#include <cstddef>

namespace yett::tokens {

// An identity as one run of bytes: about 150 for a usual claim set, where the strings and
// vectors of the real thing take 600 in nine blocks. The fewer lines of memory a record
// takes, the fewer a cache hit waits for.
std::size_t packed_bytes(identity const& who) noexcept;
void pack(identity const& who, char* into) noexcept;

// Overwrites `into`; strings that are long enough already are not allocated again.
void unpack(char const* from, identity& into);

} // namespace yett::tokens
