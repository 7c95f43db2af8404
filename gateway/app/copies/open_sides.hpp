#pragma once

#include "config/values/settings.hpp"
#include "gateway/storage/transfer/side.hpp"

#include <memory>

namespace yett::app {

// The two stores of a copy. The first must have the schema of this program; the other is given it
// when it is empty. Throws startup_error.
std::unique_ptr<storage::transfer::side> open_source(config::storage const& s);
std::unique_ptr<storage::transfer::copy_target> open_target(config::storage const& s);

} // namespace yett::app
