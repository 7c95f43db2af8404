#pragma once

#include "gateway/storage/postgres/pool/login.hpp"
#include "gateway/storage/transfer/side.hpp"

#include <memory>
#include <string>

namespace yett::storage::postgres {

// The store in a database, to be copied into another one or to be filled; `name` is for people.
// Its tables must be this program's. What its programs connect by tells whether they are there.
std::unique_ptr<transfer::side> open_source(options by, std::string name);
std::unique_ptr<transfer::copy_target> open_target(options by, std::string name);

} // namespace yett::storage::postgres
