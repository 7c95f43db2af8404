#include "gateway/net/plain_stream.hpp"

#include <algorithm>
#include <cstring>

namespace yett::net {

task<result<void>> plain_stream::handshake()
{
    co_return result<void>{};
}

result<std::size_t> plain_stream::read_now(std::span<char> into)
{
    auto const bytes = std::min(into.size(), wire_.input().size());
    if (bytes == 0) return std::size_t{0};
    std::memcpy(into.data(), wire_.input().data(), bytes);
    wire_.consume(bytes);
    return bytes;
}

client_says plain_stream::overhear()
{
    return wire_.input().empty() ? wire_.look() : wire_.standing(client_says::more);
}

} // namespace yett::net
