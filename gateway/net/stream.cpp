#include "gateway/net/stream.hpp"

#include <algorithm>
#include <cstring>

namespace yett::net {

std::size_t stream::read_clear(std::span<char> into) noexcept
{
    auto const bytes = std::min(into.size(), wire_.input().size());
    if (bytes == 0) return 0;
    std::memcpy(into.data(), wire_.input().data(), bytes);
    wire_.consume(bytes);
    return bytes;
}

client_says stream::overhear_clear() noexcept
{
    return wire_.input().empty() ? wire_.look() : wire_.standing(client_says::more);
}

std::string_view stream::write_now(std::string_view bytes)
{
    while (!bytes.empty() && !wire_.broken()) {
        auto const taken = put(bytes);
        bytes.remove_prefix(taken);
        // One send for all records that fit into the buffer.
        if (bytes.empty() || taken == 0) wire_.flush_now();
        if (taken == 0 && wire_.has_output()) break;
    }
    return bytes;
}

task<result<void>> stream::write(std::string_view bytes)
{
    for (;;) {
        bytes = write_now(bytes);
        if (bytes.empty() && settled()) co_return result<void>{};
        auto const sent = co_await wire_.flush();
        if (!sent) co_return sent.error();
    }
}

} // namespace yett::net
