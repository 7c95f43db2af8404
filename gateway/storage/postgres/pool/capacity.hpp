#pragma once

#include "gateway/storage/postgres/pool/login.hpp"

namespace yett::storage::postgres {

// How many connections the server takes of everybody, but for those it keeps for its operators.
// Connects for this once.
result<unsigned> ask_capacity(options const& by);

} // namespace yett::storage::postgres
