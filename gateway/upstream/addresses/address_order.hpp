#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace yett::upstream {

using tcp_endpoint = boost::asio::ip::tcp::endpoint;

// In which order the addresses of a name are tried for one connection. `known` is as the resolver has it: what the system
// prefers (RFC 6724) stands first, and its family stays first. Within a family each connection begins with the
// next address (`turn`), so that all of them get some; those that failed last (`shunned`) come last. Families
// alternate (RFC 8305 section 4): when one of them leads nowhere, the second try is of the other.
std::vector<tcp_endpoint> in_order(std::span<tcp_endpoint const> known, std::size_t turn, std::span<tcp_endpoint const> shunned);

} // namespace yett::upstream
