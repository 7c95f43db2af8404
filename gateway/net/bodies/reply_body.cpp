#include "gateway/net/bodies/reply_body.hpp"

#include "gateway/http/chunks.hpp"

// A client takes the end of a body from what the head said. A part too much would be read as the beginning of the next
// reply, and one too few would leave the client waiting for a reply that it has; so a body that does not keep to its
// head is not sent at all, and its connection is given up.

namespace yett::net {

using http::response_body;

namespace {

// Up to here the copy into one write costs less than a second record would.
constexpr std::size_t joined_bytes = 32 * 1024;

} // namespace

void reply_body::begin(response_body follows, std::uint64_t length) noexcept
{
    follows_ = follows;
    left_ = length;
}

result<std::string_view> reply_body::admit(std::string_view part, bool last)
{
    if (follows_ == response_body::none) {
        complete_ = last;
        return std::string_view{};
    }
    if (follows_ == response_body::length) {
        if (part.size() > left_ || (last && part.size() != left_))
            return our_error(errc::internal, "a reply's body has another length than its head says");
        left_ -= part.size();
    }
    bytes_ += part.size();
    complete_ = last;
    return part;
}

reply_body::framed reply_body::frame(std::string& out, std::string_view part, bool last) const
{
    auto const chunked = follows_ == response_body::chunked;
    auto after = std::string_view{};
    if (chunked && !part.empty()) {
        http::chunk_line_buffer line;
        out += http::chunk_line(part.size(), line);
        after = last ? "\r\n0\r\n\r\n" : http::chunk_end;
    } else if (chunked && last) {
        after = http::last_chunk;
    }
    // Bytes that nothing surrounds need no copy; few bytes are better off in one record.
    if (part.size() > joined_bytes || (out.empty() && after.empty())) return {part, after};
    out.append(part).append(after);
    return {};
}

} // namespace yett::net
