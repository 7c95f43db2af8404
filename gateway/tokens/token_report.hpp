#pragma once

#include "gateway/base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace yett::tokens {

// What the token has to say; what is absent is not looked at.
struct report_options
{
    std::optional<std::string> issuer; // absent: whatever the token says
    std::optional<std::string> audience;
    seconds skew{0};
};

// What to print, and how the command ends.
struct token_report
{
    std::string text;  // for standard output: the claims as one line of JSON, or the error's code
    std::string why;   // for standard error; empty when the token is good
    int exit_code = 0; // 1 when it is not
};

// Checks one token against a key set without asking anybody, as `yett token verify` does.
// White space around the token is ignored. A key set without one usable key trusts nobody:
// token_untrusted.
token_report report_on_token(std::string_view token, std::string_view jwks, report_options const& options, wall_time now);

} // namespace yett::tokens
