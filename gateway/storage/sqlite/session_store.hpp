#pragma once

#include "gateway/accounts/ports/session_store.hpp"

#include <memory>

namespace yett::storage::sqlite {

class connections;
class database;

std::unique_ptr<accounts::session_store> make_session_store(std::shared_ptr<connections> shared);

// The same as session_store::revoke in the transaction that is open.
result<void> remember(database& db, accounts::revocation const& known);

} // namespace yett::storage::sqlite
