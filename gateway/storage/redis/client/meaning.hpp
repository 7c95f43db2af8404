#pragma once

#include "gateway/base/error.hpp"
#include "gateway/storage/redis/client/resp_value.hpp"

#include <string_view>

namespace yett::storage::redis {

// What a failure that the server told (resp_value::text) means for the connection it came on.
enum class meaning : unsigned char
{
    refused,    // of this command; the next one may be fine
    no_script,  // it does not know the script: send the text
    wrong_node, // it takes no writes, or knows nothing: a replica, or one that is still loading
};
meaning meaning_of(std::string_view failure) noexcept;

// The same as an error: `storage_unavailable`, retryable where nothing was done. Its note repeats the
// server's words up to 200 bytes, which name commands and users and no values.
error error_of(std::string_view failure);

// Whether what ROLE answered is the word of the server that takes writes.
bool is_master(resp_value const& role) noexcept;

} // namespace yett::storage::redis
