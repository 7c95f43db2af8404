#include "gateway/net/client_limits.hpp"

#include "gateway/http/head.hpp"

namespace yett::net {

std::size_t buffer_bytes_for(client_limits const& limits) noexcept
{
    return limits.header_bytes + limits.header_fields * sizeof(http::field) + 64;
}

} // namespace yett::net
