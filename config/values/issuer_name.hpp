#pragma once

#include "gateway/base/result.hpp"

#include <string>
#include <string_view>

// What an issuer is called where its subjects stand beside those of others. Failures as in
// text.hpp.
namespace yett::config {

// Letters, digits and "._-", at most 64: never a colon, which ends the name in NAME:sub.
result<std::string> parse_issuer_name(std::string_view text);

// The host of an `iss`, in lower case: "idp.example" of "https://idp.example:8443/realms/shop".
// Empty when it has none that could be a name.
std::string default_issuer_name(std::string_view iss);

// In the form in which two names that look alike are the same.
std::string folded_name(std::string_view name);

// A media type's subtype as `typ` has it, or `none`.
result<std::string> parse_token_type(std::string_view text);

} // namespace yett::config
