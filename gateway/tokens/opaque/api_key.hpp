#pragma once

#include "gateway/tokens/opaque/opaque_token.hpp"

namespace yett::tokens {

// What every API key begins with, so that what carries it can be kept from applications.
inline constexpr std::string_view api_key_prefix = "yk1_";

// An API key, `yk1_…`: an opaque token whose name is the key's id, which may be shown. An id
// begins with a letter or a digit, so that it is no option on a command line.
opaque_token make_api_key();

// Nothing when the text is none; says nothing about validity.
std::optional<opaque_token> read_api_key(std::string_view text);

// Whether somebody means an API key; costs nothing and proves nothing.
bool looks_like_api_key(std::string_view text) noexcept;

} // namespace yett::tokens
