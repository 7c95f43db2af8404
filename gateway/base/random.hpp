#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/uuid.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace yett {
inline namespace base {

// Bytes from the operating system's generator, good enough for keys and tokens. Ends
// the process when the generator fails: nothing sensible can be done without it.
std::string random_bytes(std::size_t count);
std::uint64_t random_u64();

// A UUID version 7 (RFC 9562 section 5.7): sorts by time, 74 random bits.
uuid new_uuid(wall_time now);
// One in its usual text form.
std::string make_uuid(wall_time now);

// SHA-256 as 32 raw bytes.
std::string sha256(std::string_view bytes);

} // namespace base
} // namespace yett
