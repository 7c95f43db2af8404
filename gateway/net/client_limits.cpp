#include "gateway/net/client_limits.hpp"

#include "gateway/http/head.hpp"

#include <algorithm>

namespace yett::net {

std::size_t buffer_bytes_for(client_limits const& limits) noexcept
{
    // A full TLS record with all that surrounds it has to fit as well (RFC 8446 section 5.2).
    constexpr std::size_t tls_record = 16384 + 512;
    return std::max(tls_record, limits.header_bytes + limits.header_fields * sizeof(http::field) + 64);
}

} // namespace yett::net
