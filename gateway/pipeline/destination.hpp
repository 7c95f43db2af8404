#pragma once

#include "gateway/base/identity.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/head.hpp"
#include "gateway/http/target.hpp"
#include "gateway/pipeline/request/client_address.hpp"
#include "policies/route_table.hpp"

namespace yett::pipeline {

// COPY and MOVE write to another place than the one they are sent to (RFC 4918 section 10.3).
constexpr bool names_destination(http::method m) noexcept
{
    return m == http::method::copy || m == http::method::move;
}

// Whether a caller who may do what is asked may do it where `Destination` points to: on the
// server that was asked, by a path that passes the gate and finds a rule that lets them in.
// Both take along all that lies below (section 9.8.3), so no rule for a place below the one or
// the other may keep the caller out. Fails with forbidden and a note; a request without the
// field is the application's to refuse.
result<void> require_open_destination(policies::route_table const& rules, http::head const& head, http::target const& from,
                                      client const& sender, identity_ptr const& who, wall_time now);

} // namespace yett::pipeline
