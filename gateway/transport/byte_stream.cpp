#include "gateway/transport/byte_stream.hpp"

#include <algorithm>
#include <cstring>

namespace yett::transport {

std::size_t byte_stream::read_clear(std::span<char> into) noexcept
{
    auto const bytes = std::min(into.size(), socket_.input().size());
    if (bytes == 0) return 0;
    std::memcpy(into.data(), socket_.input().data(), bytes);
    socket_.consume(bytes);
    return bytes;
}

peer_says byte_stream::overhear_clear() noexcept
{
    return socket_.input().empty() ? socket_.peek() : socket_.standing(peer_says::more);
}

std::string_view byte_stream::write_now(std::string_view bytes)
{
    while (!bytes.empty() && !socket_.broken()) {
        auto const taken = put(bytes);
        bytes.remove_prefix(taken);
        // One send for all records that fit into the buffer.
        if (bytes.empty() || taken == 0) socket_.flush_now();
        if (taken == 0 && socket_.has_output()) break;
    }
    return bytes;
}

task<result<void>> byte_stream::write(std::string_view bytes)
{
    for (;;) {
        bytes = write_now(bytes);
        if (bytes.empty() && settled()) co_return result<void>{};
        auto const sent = co_await socket_.flush();
        if (!sent) co_return sent.error();
    }
}

} // namespace yett::transport
