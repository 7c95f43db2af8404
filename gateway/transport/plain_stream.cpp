#include "gateway/transport/plain_stream.hpp"

namespace yett::transport {

task<result<void>> plain_stream::handshake()
{
    co_return result<void>{};
}

result<std::size_t> plain_stream::read_now(std::span<char> into)
{
    return read_clear(into);
}

peer_says plain_stream::overhear()
{
    return overhear_clear();
}

} // namespace yett::transport
