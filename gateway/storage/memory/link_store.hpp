#pragma once

#include "gateway/accounts/ports/link_store.hpp"

#include <memory>

namespace yett::storage::memory {

struct tables;

std::unique_ptr<accounts::link_store> make_link_store(std::shared_ptr<tables> shared);

} // namespace yett::storage::memory
