#pragma once

#include "config/values/settings.hpp"
#include "gateway/accounts/ports/stores.hpp"
#include "gateway/storage/schema/migrations.hpp"
#include "gateway/tokens/keys/key_store.hpp"

#include <memory>

namespace yett::app {

// Opens the store of users and sessions, whose schema is brought up to date before; makes its
// folder when it is missing. Throws startup_error.
accounts::stores open_stores(config::storage const& s, storage::schema::witness const& told);

// The same with sessions where they are configured to be: in Redis, which need not answer yet, or beside
// the users.
accounts::stores open_stores_and_sessions(config::settings const& s, storage::schema::witness const& told);

// All that as the running program has it: what is revoked goes to the other nodes by shared_state, too.
accounts::stores open_shared_stores(config::settings const& s, storage::schema::witness const& told);

// open_stores without bringing the schema up to date: refused when that is due. For who only asks.
accounts::stores open_stores_as_they_are(config::storage const& s);

// Opens where the signing keys are kept: tokens.keys.directory, or else the storage, whose
// processes then sign with one key. Throws startup_error.
std::unique_ptr<tokens::key_store> open_key_store(config::settings const& s, storage::schema::witness const& told);

} // namespace yett::app
