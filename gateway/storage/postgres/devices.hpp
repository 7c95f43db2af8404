#pragma once

#include "gateway/accounts/session_store.hpp"

namespace yett::storage::postgres {

class database;

// See session_store::recognise.
task<result<accounts::familiarity>> recognise(database& db, accounts::sighting const& seen);

} // namespace yett::storage::postgres
