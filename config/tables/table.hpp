#pragma once

#include "config/reading/schema.hpp"
#include "config/values/settings.hpp"

// The table of keys: one line for each, from which files are read and the reference is
// written. A key that is not here does not exist.
namespace yett::config {

section<settings> const& root_keys();

// Its parts, each in the file named after it.
section<listener> const& listener_keys(); // table_listeners.cpp
section<config::management> const& management_keys();
section<config::client_limits> const& client_limit_keys();
section<upstream> const& upstream_keys();          // table_upstreams.cpp
section<policies::route_spec> const& route_keys(); // table_routes.cpp
section<policies::redirect_spec> const& redirect_keys(); // table_answers.cpp
section<policies::respond_spec> const& respond_keys();
section<policies::rewrite_spec> const& rewrite_keys();
section<policies::cors_spec> const& cors_keys(); // table_cors.cpp
section<policies::cors_spec> const& account_cors_keys();
section<limit> const& limit_keys();              // table_limits.cpp
section<config::tokens> const& token_keys();     // table_tokens.cpp
section<config::accounts> const& account_keys(); // table_accounts.cpp
// Keys of the whole that are no plain part of it: each reads a mapping of its own into a member of
// the settings.
section<config::passwords> const& password_keys();
key<settings> identity_headers_key(); // table_identity.cpp
key<settings> storage_key();          // table_stores.cpp
key<settings> sessions_key();
key<settings> shared_state_key();
key<settings> mail_key();
key<settings> logging_key(); // table_reports.cpp
key<settings> tracing_key();

} // namespace yett::config
