#pragma once

#include "gateway/limits/limit.hpp"
#include "gateway/limits/network.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <string_view>

namespace yett::limits {

// Who asks, as far as limits are concerned. A part that a limit's key names and that is
// empty here is replaced by the client, so nobody escapes a limit by leaving it out.
struct subject
{
    network client;
    std::string_view user;                                         // the proved identity's subject
    std::string_view account;                                      // the address tried; letters count without case
    std::string_view device{};                                     // one that the account knows, which counts by itself there
    std::string_view token;                                        // the token's id
    std::uint32_t route = 0;                                       // policies::route::index
    std::function<std::string_view(std::string_view name)> header; // empty when absent
};

// The key that `who` has at a limit, as bytes: equal for those who are counted together there, and different for
// all others, however they choose what they send. It names people and addresses in clear; what leaves the program is a hash of it.
using key_bytes = fmt::basic_memory_buffer<char, 256>;
void append_key(key_bytes& to, limit const& of, subject const& who);

inline std::string_view view(key_bytes const& bytes)
{
    return {bytes.data(), bytes.size()};
}

} // namespace yett::limits
