#pragma once

#include "config/reading/environment.hpp"
#include "gateway/base/secret.hpp"

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace yett::config {

// A secret that a file holds, without the line end at its end. Fails with bad_request
// and a note for the operator when the file cannot be read, is empty, or can be read by
// its group or by others.
result<secret> read_secret(std::filesystem::path const& file, environment const& around);

// RFC 7518 section 3.2 wants a key of HS256 at least as long as its hash.
inline constexpr std::size_t least_secret_bytes = 32;

// True for secrets that were published, in documentation or after a leak, and are tried
// by everybody who attacks tokens. Knows those of at least `least_secret_bytes`.
bool is_published(std::string_view secret);

} // namespace yett::config
