#pragma once

#include "gateway/storage/schema/step.hpp"

#include <span>

namespace yett::storage::postgres {

// All steps of the schema, oldest first.
std::span<schema::step const> steps() noexcept;

} // namespace yett::storage::postgres
