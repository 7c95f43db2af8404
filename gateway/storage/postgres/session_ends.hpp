#pragma once

#include "gateway/accounts/ports/session_ends.hpp"

#include <memory>

namespace yett::storage::postgres {

class notifier;
class connections;

// Rings whenever it has written something.
std::unique_ptr<accounts::session_ends> make_session_ends(std::shared_ptr<connections> shared, std::shared_ptr<notifier> tells);

} // namespace yett::storage::postgres
