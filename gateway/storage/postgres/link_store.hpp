#pragma once

#include "gateway/accounts/ports/link_store.hpp"

#include <memory>

namespace yett::storage::postgres {

class connections;

std::unique_ptr<accounts::link_store> make_link_store(std::shared_ptr<connections> shared);

} // namespace yett::storage::postgres
