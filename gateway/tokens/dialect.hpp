#pragma once

#include "gateway/base/text/base64url.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace yett::tokens {

// Whose tokens and keys are read. Ours have one spelling and are read to the letter. Others
// pad their base64url, write null for what they do not say, and times with fractions
// (RFC 7519 section 2); what they mean is plain all the same.
enum class dialect : unsigned char
{
    ours,
    foreign,
};

inline std::optional<std::string> decode_part(std::string_view encoded, dialect by)
{
    return by == dialect::ours ? base64url_decode(encoded) : base64url_decode_padded(encoded);
}

} // namespace yett::tokens
