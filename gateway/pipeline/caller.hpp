#pragma once

#include "gateway/accounts/sessions.hpp"
#include "gateway/pipeline/auth_endpoints.hpp"

namespace yett::http {
class origin_list;
} // namespace yett::http

namespace yett::pipeline {

// Where a request comes from, in the words of `accounts`.
accounts::device device_of(auth_endpoints::call const& c);

// Who asks, for what a session of ours alone may do: an API key, or a token of another
// issuer, does not manage accounts. Fails with `forbidden`.
result<accounts::caller> session_of(auth_endpoints::call const& c);

// Whose pages may use the session's cookies at this endpoint, beside our own: those of
// `accounts.cors`, to refresh and to log out alone. Null: nobody's.
http::origin_list const* friends_of(auth_endpoints::call const& c);

} // namespace yett::pipeline
