#pragma once

#include "gateway/accounts/ports/user_store.hpp"

#include <memory>
#include <string>

namespace yett::storage::postgres {

class connections;
class database;
class result_row;

std::unique_ptr<accounts::user_store> make_user_store(std::shared_ptr<connections> shared);

// The same as user_store::add in the transaction that is open, together with what else the
// caller changes in it. Queued: it fails with what is sent next.
void queue_user(database& db, accounts::user const& added);
// The same as user_store::find, and nobody else changes the user until the transaction ends.
task<result<accounts::user>> lock_user(database& db, std::string const& id);
// From here on the transactions that do this for one user follow each other, so that what is
// counted stays true until it is acted upon. Queued; the answer is for read_user.
void queue_turn(database& db, std::string const& user_id);

// What read_user reads, in its order, from the column `first` on.
std::string const& user_columns();
accounts::user read_user(result_row const& of, int first = 0);

} // namespace yett::storage::postgres
