#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace yett::http {

// What `Basic` credentials say (RFC 7617 section 2): everything before the first colon, and
// everything behind it.
struct basic_credentials
{
    std::string user;
    std::string password;
};

// Of the value of Authorization. Nothing for another scheme, or where no colon is. Base64 is
// read as loosely as servers do, in both alphabets and with or without padding: whoever keeps
// a password from others must not be told apart from them by a spelling.
std::optional<basic_credentials> read_basic(std::string_view authorization);

// Base64 in both alphabets, with or without padding; what belongs to neither is skipped.
std::string decode_loosely(std::string_view text);

} // namespace yett::http
