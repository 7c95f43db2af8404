#pragma once

#include "gateway/base/result.hpp"
#include "gateway/tokens/check_budget.hpp"
#include "gateway/tokens/dialect.hpp"
#include "gateway/tokens/keys/keys.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace yett::tokens {

// Longer tokens are refused before any work, whatever the settings say.
inline constexpr std::size_t max_token_bytes = 48 * 1024;
// What the settings say when nobody changes them: two hundred groups of Entra and some room.
inline constexpr std::size_t usual_token_bytes = 16 * 1024;

// What a header decides (RFC 7515 section 4). `jku`, `jwk`, `x5u`, `x5c` and everything
// else in it means nothing; `crit` and `b64` make the token malformed.
struct jws_header
{
    algorithm alg = algorithm::es256;
    bool has_kid = false;
    std::string kid;                 // opaque, at most max_kid_bytes
    std::optional<std::string> type; // `typ`, normalised
    // Why the header is none of ours although others may write it: padding, a null, an empty `kid`.
    std::optional<errc> foreign;
};

// The three parts of the compact form, still encoded; views into the token.
struct jws_parts
{
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
    std::string_view signed_text; // header.payload
};

// A `typ` in lower case and without "application/" (RFC 7515 section 4.1.9).
std::string normalised_type(std::string_view text);

// Bounds the size, counts the dots and refuses an empty header. Looks at nothing else:
// five parts (JWE) and JSON serialisations end here. Fails with token_malformed.
result<jws_parts> split_compact(std::string_view token, std::size_t most_bytes = max_token_bytes);

// Fails with token_malformed, or token_untrusted for `none`, an unknown algorithm or a kid
// that is too long. The answer to a header that was seen lately on this thread costs no
// decoding; it is valid until the next call on the same thread.
result<jws_header const*> read_header(std::string_view encoded);

// Whether `key` may be asked about a token with this header: the algorithm is the key's own,
// and so is the kid if the token names one.
bool may_have_signed(verification_key const& key, jws_header const& header) noexcept;

// The key among `keys` that made the signature; of those that may have, at most four are
// asked, each at the expense of `pays`. Fails with token_untrusted, with token_malformed when the signature is no
// base64url, or as the budget does.
result<verification_key const*> find_signer(jws_parts const& token, jws_header const& header,
                                            std::span<verification_key const> keys, dialect by = dialect::ours,
                                            check_budget& pays = unlimited_checks());

// header.payload.signature with `alg`, `kid` and `typ` in the header.
result<std::string> sign_compact(signing_key const& key, std::string_view type, std::string_view payload);

} // namespace yett::tokens
