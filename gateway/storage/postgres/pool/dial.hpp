#pragma once

#include "gateway/storage/postgres/client/connection.hpp"
#include "gateway/storage/postgres/pool/login.hpp"

namespace yett::storage::postgres {

// How long a server may take until it is given up, one after the other.
inline constexpr seconds dial_timeout{4};

// Connects to the first of the servers that takes writes. Names are resolved here: libpq would
// block. The failure tells what each of them said, and never the password.
task<result<std::unique_ptr<connection>>> dial(login const& as);

} // namespace yett::storage::postgres
