#pragma once

#include "gateway/accounts/ports/outbox.hpp"

#include <memory>

namespace yett::storage::postgres {

class connections;
class database;

std::unique_ptr<accounts::outbox> make_outbox(std::shared_ptr<connections> shared);

// Keeps a letter in the transaction that is open, together with what else the caller
// changes in it; see outbox::post. Queued: it fails with what is sent next.
void queue_letter(database& db, accounts::letter const& l);

} // namespace yett::storage::postgres
