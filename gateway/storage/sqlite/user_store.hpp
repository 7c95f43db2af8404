#pragma once

#include "gateway/accounts/ports/user_store.hpp"

#include <memory>

namespace yett::storage::sqlite {

class connections;
class database;

std::unique_ptr<accounts::user_store> make_user_store(std::shared_ptr<connections> shared);

// The same as user_store::add and find in the transaction that is open, together with what
// else the caller changes in it.
result<void> insert_user(database& db, accounts::user const& added);
result<accounts::user> find_user(database& db, std::string const& id);

} // namespace yett::storage::sqlite
