#pragma once

#include "gateway/base/result.hpp"
#include "policies/permit.hpp"
#include "policies/question.hpp"
#include "policies/route.hpp"

#include <optional>

namespace yett::policies {

struct decision
{
    // The permit, or unauthenticated, forbidden, recent_login_required, uri_rejected.
    result<permit> outcome;
    // What the refusal would have been under a rule that only reports.
    std::optional<yett::error> reported;

    // As a result<permit>: true, and the permit, when the request may pass.
    explicit operator bool() const noexcept { return outcome.has_value(); }
    permit const& operator*() const { return outcome.value(); }
    yett::error error() const { return outcome.error(); }
};

// Decides whether this caller may do what is asked under this rule. The rule must be
// the one `route_table::find` gave for the same question.
//
// A missing identity is `unauthenticated`, the wrong one `forbidden`, and the right one
// whose login is too old `recent_login_required`; a client of the wrong network or
// without the certificate that is asked for is `forbidden`, signed in or not. A rule in report_only mode always
// permits the caller, but never a path with an encoded slash it does not allow.
decision decide(route const& rule, identity_ptr const& who, question const& asked, wall_time now);

// Lets a preflight of pages of other sites through to the application, as nobody's request: the
// browser sends it without a credential, whatever the rule wants of the request itself. `asked`
// names the method that is to follow. Fails with forbidden where the rule does not forward
// preflights, or would refuse the client's network, and with uri_rejected as above.
result<permit> permit_preflight(route const& rule, question const& asked);

} // namespace yett::policies
