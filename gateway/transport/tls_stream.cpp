#include "gateway/transport/tls_stream.hpp"

// Whoever met a client in clear goes on in clear.

namespace yett::transport {

result<std::size_t> tls_stream::read_now(std::span<char> into)
{
    return met_cleartext() ? read_clear(into) : engine_.read_now(into);
}

peer_says tls_stream::overhear()
{
    if (met_cleartext()) return overhear_clear();
    for (;;) {
        if (engine_.is_dead()) return peer_says::gone;
        auto const heard = engine_.peek();
        if (heard != peer_says::nothing) return heard;
        // An answer that TLS owes could not leave yet, and holds up what came behind.
        if (!socket_.input().empty()) return peer_says::more;
        auto const came = socket_.fill_now();
        if (came != peer_says::more) return came;
    }
}

std::size_t tls_stream::put(std::string_view bytes)
{
    return met_cleartext() ? socket_.enqueue(bytes) : engine_.put(bytes);
}

} // namespace yett::transport
