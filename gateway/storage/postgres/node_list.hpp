#pragma once

#include "gateway/accounts/ports/node_list.hpp"

#include <memory>

namespace yett::storage::postgres {

class connections;

std::unique_ptr<accounts::node_list> make_node_list(std::shared_ptr<connections> shared);

} // namespace yett::storage::postgres
