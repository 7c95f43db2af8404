#pragma once

#include "gateway/tokens/keys/key_store.hpp"
#include "gateway/tokens/keys/own_keys.hpp"

#include <string>

namespace yett::tokens {

// The text in which a signing key is kept: a few lines about it, then the key.
//
//     A signing key of Yett. Keep it secret.
//     made: 1767225600
//     signs from: 1767312000
//     -----BEGIN PRIVATE KEY-----          PKCS#8
//
// With a key-encryption secret the key itself is one line, and the text is safe to copy:
//
//     A signing key of Yett, sealed with tokens.keys.secret.
//     kid: …
//     made: 1767225600
//     signs from: 1767312000
//     sealed: …
//
// `sealed` is base64url of a salt of 16 bytes, a nonce of 12, the PKCS#8 DER encrypted with
// AES-256-GCM, and the tag of 16. The key of the cipher is scrypt (N = 2^14, r = 8, p = 1)
// of the secret and the salt. The associated data is "yett signing key 1", alg, number,
// kid, made and signs-from, each followed by a line feed: a sealed key serves in its place
// and for its purpose alone.

// Fails with internal.
result<kept_key> write_key(own_key const& one, secret const& sealing);

// Takes a key that is not sealed also where a secret is configured: one from before. Fails
// with internal and a note that says whether the secret is missing, wrong, or the text damaged.
result<own_key> read_key(kept_key const& from, secret const& sealing);

} // namespace yett::tokens
