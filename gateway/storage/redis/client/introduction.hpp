#pragma once

#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"
#include "gateway/storage/redis/client/command.hpp"
#include "gateway/storage/redis/client/resp_value.hpp"

#include <span>
#include <string>
#include <vector>

namespace yett::storage::redis {

// What a new connection says first, in one round trip.
struct introduction
{
    std::string user; // of the ACL; empty: the default user
    secret password;  // empty: nothing is proved
    unsigned database = 0;
    bool asks_role = false; // the last answer is ROLE's
};
std::vector<command> words_of(introduction const& who);

// What came of it: storage_unavailable with the server's own words, or when it is not the one that takes
// writes.
result<void> judge(introduction const& who, std::span<resp_value const> told);

} // namespace yett::storage::redis
