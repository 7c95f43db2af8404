#pragma once

#include "gateway/base/error.hpp"

#include <string>
#include <string_view>

namespace yett::storage::postgres {

// What a failure that the server told means for whoever asked:
//   conflict   a row that exists
//   not_found  a reference to a row that does not exist, or text that no row can hold
//   storage_unavailable  everything else; `retryable` where the server undid the whole
//              transaction because of others, so that another try may succeed
error failure_of(std::string_view sqlstate, std::string const& message);

// Whether a connection that told this is of no use any more: the server goes down, is no
// longer the one that writes, or has forgotten what was prepared.
bool ends_connection(std::string_view sqlstate) noexcept;

} // namespace yett::storage::postgres
