#pragma once

#include "gateway/accounts/sessions.hpp"
#include "gateway/pipeline/auth_endpoints.hpp"

namespace yett::pipeline {

// Where a request comes from, in the words of `accounts`.
accounts::device device_of(auth_endpoints::call const& c);

// Who asks; only for endpoints that nobody reaches without a session.
accounts::caller caller_of(auth_endpoints::call const& c);

} // namespace yett::pipeline
