#pragma once

#include "gateway/base/result.hpp"
#include "gateway/limits/counters.hpp"
#include "gateway/storage/redis/client/command.hpp"
#include "gateway/storage/redis/client/resp_value.hpp"

#include <string>

namespace yett::storage::redis {

// Whose clock says when something is spent.
enum class counting_clock : std::uint8_t
{
    server, // of all programs the same
    caller, // charge::now, for tests that make time go
};

struct counter_options
{
    std::string prefix{"yett"}; // of every key; without braces
    counting_clock clock = counting_clock::server;
};

// PREFIX:limit:NAME:{HASH}. The name is for operators, who may delete what begins with it; the hash of limit and
// key tells counters apart and names nobody.
std::string counter_key(std::string const& prefix, limits::charge const& what);

command spend_command(limits::charge const& what, counter_options const& how);
command settle_command(limits::charge const& what, limits::tick stamp, limits::charge_end end, counter_options const& how);

// What the script said to that charge. Fails with storage_unavailable when that is no answer of the script.
result<limits::limit_verdict> verdict_of(resp_value const& told, limits::charge const& what);

} // namespace yett::storage::redis
