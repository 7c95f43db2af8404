#pragma once

#include "gateway/base/identity.hpp"

namespace yett::tokens {

// When one of our own tokens was issued, to the millisecond: the `jti` is a UUIDv7, whose
// first 48 bits are the time (RFC 9562 section 5.7). `iat` alone counts seconds, and could
// not tell a token that was revoked from one that was issued right after.
//
// Falls back to `iat` when the two disagree about the second.
wall_time issue_moment(identity const& who) noexcept;

} // namespace yett::tokens
