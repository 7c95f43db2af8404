#pragma once

#include "gateway/base/clock.hpp"

#include <optional>

namespace yett::issuers {

// When an issuer's keys are fetched again. Pure: times and dice are arguments.
struct refresh_policy
{
    seconds least{60};             // between two planned fetches, whatever the issuer says
    seconds most{3600};            // keys are never older, whatever the issuer says
    seconds unsaid{600};           // how long keys are good that came without Cache-Control
    seconds first_retry{1};        // after a failure; doubled with every further one …
    seconds longest_retry{60};     // … up to this
    seconds between_questions{60}; // fetches because of an unknown key
};

// Ahead of the end of `max_age` (RFC 9111 section 5.2.2.1), within the bounds: after 70 to
// 90 % of it. `dice` is between 0 and 1 and keeps many gateways from asking together.
steady_time next_fetch(refresh_policy const& by, std::optional<seconds> max_age, steady_time now, double dice);

// After `failures` attempts in a row, at least one; half to the whole of the wait.
steady_time next_retry(refresh_policy const& by, unsigned failures, steady_time now, double dice);

// Whether a token with an unknown key is reason enough to fetch now. `last` is when one was
// the last time.
bool may_ask(refresh_policy const& by, std::optional<steady_time> last, steady_time now) noexcept;

} // namespace yett::issuers
