#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"

#include <string_view>

namespace yett::tokens {

class key_store;

// 32 random bytes that prove, with an HMAC, what this program gave away itself: the same for
// every process on one store, and after each restart. Whoever wants a key for a purpose
// derives it, so that what was made for one proves nothing for another.
//
// Kept in the store of the signing keys, as number 1 of HS256, which has no keys of its own
// there; sealed where the keys are. The first process that asks makes it. Fails like the
// store, and with internal where what is kept does not open.
task<result<secret>> own_secret(key_store& kept_in, secret const& sealing);

// The key for one purpose. Fails with internal only when no HMAC can be computed.
result<secret> derive_key(secret const& from, std::string_view purpose);

} // namespace yett::tokens
