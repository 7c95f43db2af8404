#include "gateway/net/stream.hpp"

namespace yett::net {

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
