#pragma once

#include "gateway/base/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace yett::tokens {

inline constexpr std::string_view refresh_token_prefix = "yr1_";

// A refresh token, `yr1_…`: an opaque token (see opaque_token.hpp) whose name is its family.
struct refresh_token
{
    secret text;
    std::string family; // 22 characters, the same for all successors
    std::string hash;   // what the store keeps: SHA-256 of the text, hexadecimal
};

// The first token of a new family.
refresh_token make_refresh_token();

// The token that follows `previous`: the same for the same salt, unpredictable without either.
refresh_token succeed(refresh_token const& previous, std::string_view salt);

// Nothing when the text has not exactly the shape above. Says nothing about validity.
std::optional<refresh_token> read_refresh_token(std::string_view text);

} // namespace yett::tokens
