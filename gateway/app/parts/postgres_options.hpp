#pragma once

#include "config/values/settings.hpp"
#include "gateway/storage/postgres/pool/login.hpp"

namespace yett::app {

// How to connect to the configured PostgreSQL. A URL from a file is read again for each connection.
storage::postgres::options postgres_options(config::storage const& s);

} // namespace yett::app
