#pragma once

#include "gateway/accounts/ports/outbox.hpp"

#include <memory>

namespace yett::storage::memory {

struct tables;

std::unique_ptr<accounts::outbox> make_outbox(std::shared_ptr<tables> shared);

} // namespace yett::storage::memory
