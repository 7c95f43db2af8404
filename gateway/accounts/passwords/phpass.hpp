#pragma once

#include "gateway/base/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yett::accounts {

// phpass: `$P$` and `$H$`, a letter for the binary logarithm of the rounds, eight letters of
// salt, 22 of an MD5; `$S$` is Drupal's with SHA-512, cut after 55 letters in all.

// The rounds of a well-formed one; nothing for others.
std::optional<std::uint64_t> phpass_rounds(std::string_view stored);

// The hash of the password with the mark, rounds, salt and length of a well-formed one.
// Empty when the digest is not to be had, as MD5 under a policy that forbids it.
std::string make_phpass(secret const& password, std::string_view like);

} // namespace yett::accounts
