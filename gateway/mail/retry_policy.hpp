#pragma once

#include "gateway/accounts/ports/outbox.hpp"
#include "gateway/mail/mail_transport.hpp"

namespace yett::mail {

// How long a mail is tried. A server that cannot be reached is asked again soon, because
// that costs nobody anything; one that says no is left alone for longer each time.
struct retry_policy
{
    milliseconds first_wait{5'000}; // doubled with every attempt
    milliseconds longest_wait{15 * 60'000};
    milliseconds longest_unreachable_wait{60'000};
    milliseconds give_up_after{48 * 3'600'000}; // since the letter was posted
    unsigned refusals = 12;                     // attempts when the server says 5xx: about an hour
};

// A mail that did not leave.
struct failed_attempt
{
    delivery_error::kind why = delivery_error::kind::broken;
    unsigned attempt = 1; // the first one is 1
    wall_time posted_at{};
    wall_time until{}; // of its link; unset: none
};

// When to try again; nothing when it is time to give up. `dice` is between 0 and 1 and
// moves the time by up to half of the wait, so that what failed together is not tried together.
std::optional<wall_time> next_attempt(retry_policy const& p, failed_attempt const& failed, wall_time now, double dice);

// Whether the link in a letter has expired: it is of no use to anybody.
bool is_pointless(accounts::letter const& l, wall_time now) noexcept;

} // namespace yett::mail
