#pragma once

#include "gateway/accounts/sessions/sessions.hpp"
#include "gateway/pipeline/call/call.hpp"

namespace yett::pipeline {

// Where a request comes from, in the words of `accounts`.
accounts::device device_of(call const& c);

// Who asks, for what a session of ours alone may do: an API key, or a token of another
// issuer, does not manage accounts. Fails with `forbidden`.
result<accounts::caller> session_of(call const& c);

} // namespace yett::pipeline
