#pragma once

#include "gateway/base/result.hpp"
#include "gateway/http/chunks.hpp"
#include "gateway/http/framing.hpp"
#include "gateway/http/response_head.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace yett::upstream {

// Reads the reply to one request out of the bytes that arrive, however they are cut, and decides
// without I/O: heads, parts of the body, its end. Who does the I/O is `http1_stream`.
//
// A reply is any number of interim heads, one final head, the parts of its body, trailers perhaps,
// and its end. What lies behind the end belongs to nobody. 101 is the last thing that is read:
// what follows it speaks another protocol.
class http1_reply_reader
{
public:
    enum class step : std::uint8_t
    {
        more,     // nothing is complete: come again with these bytes, if they were not consumed, and more
        head,     // `head()` is there; an interim one is followed by another
        part,     // `data` is the next part of the body
        trailers, // the body had some, see `trailers()`; the end is next
        end,      // of the reply; from now on always
    };
    struct event
    {
        step is = step::more;
        std::size_t consumed = 0;   // of the bytes given
        std::string_view data = {}; // points into the bytes given
    };

    // `asked` is the method of the request: a reply to HEAD has no body. A head's fields are put into
    // `room`, which has place for as many as the limits allow.
    http1_reply_reader(http::method asked, std::span<http::field> room, http::framing::limits const& limits) noexcept;

    // What comes next. Bodies are decoded in place. Fails with upstream_broken when the reply is not
    // well-formed or outgrows its limits, and nothing can be read after that.
    result<event> feed(std::span<char> bytes);

    // The last head that was read; its views point into the bytes it came in.
    http::response_head const& head() const noexcept { return *head_; }
    bool has_head() const noexcept { return head_.has_value(); }
    // What stood behind a body in chunks, once that was told; lives as long as the reader.
    std::span<http::field const> trailers() const noexcept { return chunks_.trailers(); }
    // A head that has not ended within so many bytes never will.
    std::size_t most_head_bytes() const noexcept { return header_bytes_; }
    // True when a byte was seen, be it of a head that is not complete.
    bool heard() const noexcept { return heard_; }
    // True when the end of the connection is the end of the body.
    bool ends_with_connection() const noexcept
    {
        return stage_ == stage::body && head_->body() == http::response_body::until_close;
    }

private:
    // Where in the reply the reader is.
    enum class stage : std::uint8_t
    {
        heads,
        body,
        over,
    };

    result<event> feed_head(std::string_view bytes);
    result<event> feed_body(std::span<char> bytes);
    result<event> feed_chunks(std::span<char> bytes);
    void begin_body();
    event end() noexcept;

    http::framing::limits bounds() const noexcept { return {header_bytes_, room_.size(), 0}; }

    http::method asked_;
    std::span<http::field> room_;
    std::size_t header_bytes_;
    std::optional<http::response_head> head_;
    std::size_t searched_ = 0; // bytes of an incomplete head that were looked at
    std::uint64_t left_ = 0;   // of a body with a length
    http::chunk_decoder chunks_;
    stage stage_ = stage::heads;
    bool heard_ = false;
    bool told_trailers_ = false;
};

} // namespace yett::upstream
