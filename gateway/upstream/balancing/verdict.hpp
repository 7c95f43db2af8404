#pragma once

#include "gateway/base/result.hpp"

#include <string>

namespace yett::upstream {

// What a request says about the server that it was brought to.
enum class server_verdict : unsigned char
{
    nothing, // its client went away, or our own bounds were met
    good,
    bad,
};

// What is known of one attempt when it is over.
struct attempt_report
{
    result<void> const& outcome;
    unsigned status;         // of the reply; 0: none came
    bool on_kept_connection; // which had served others before
};

// Bad are servers that cannot be reached, break off or are late, and replies that speak of the server and not of
// the request: 5xx but for 501 and 505. A kept connection that breaks before a reply has died of its age.
server_verdict verdict_on(attempt_report const& a) noexcept;
// Why it was bad, in words for operators.
std::string cause_of(attempt_report const& a);
std::string cause_of(error const& why);

} // namespace yett::upstream
