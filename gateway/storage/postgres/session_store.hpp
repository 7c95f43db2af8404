#pragma once

#include "gateway/accounts/ports/session_store.hpp"

#include <memory>

namespace yett::storage::postgres {

class notifier;
class connections;

// Rings whenever it has revoked something.
std::unique_ptr<accounts::session_store> make_session_store(std::shared_ptr<connections> shared, std::shared_ptr<notifier> tells);

} // namespace yett::storage::postgres
