#include "gateway/upstream/streams/http1_reply_reader.hpp"

#include <utility>

// Reading a reply, decided without a socket: bytes go in, and what comes out is one event and how
// many bytes it used up. Whoever calls owns the bytes and takes the used ones away; views into them
// are good until then.
//
// There may be several heads (1xx), each an event of its own; after 101 the bytes are no HTTP any
// more and nobody here reads them. A head that has not ended is searched for its end from where the
// last search stopped, so that a head that comes byte by byte costs no more than one that comes at
// once.

namespace yett::upstream {

using http::framing;
using http::response_body;

namespace {

constexpr unsigned switching_protocols = 101;

} // namespace

http1_reply_reader::http1_reply_reader(http::method asked, std::span<http::field> room, framing::limits const& limits) noexcept
    : asked_{asked},
      room_{room.first(limits.fields)},
      header_bytes_{limits.header_bytes},
      chunks_{http::chunk_decoder::limits{.blanks = true}}
{
}

result<http1_reply_reader::event> http1_reply_reader::feed(std::span<char> bytes)
{
    switch (stage_) {
    case stage::heads: return feed_head({bytes.data(), bytes.size()});
    case stage::body: return feed_body(bytes);
    case stage::over: break;
    }
    return end();
}

result<http1_reply_reader::event> http1_reply_reader::feed_head(std::string_view bytes)
{
    if (bytes.empty()) return event{};
    heard_ = true;
    auto const size = framing::end_of_response_head(bytes, searched_);
    if (size == framing::npos) {
        if (bytes.size() >= header_bytes_) return framing::outgrown(bounds());
        searched_ = bytes.size();
        return event{};
    }
    auto const head = framing::read_response(bytes.substr(0, size), room_, asked_, bounds());
    if (!head) return head.error();
    searched_ = 0;
    head_ = *head;
    if (!head->interim()) begin_body();
    if (head->status() == switching_protocols) stage_ = stage::over;
    return event{step::head, size};
}

void http1_reply_reader::begin_body()
{
    stage_ = stage::body;
    left_ = head_->content_length().value_or(0);
}

// A body that is over says so when it is asked the next time, so that a part and the end are two
// things: whoever passes both on at once asks on as long as nothing has to be waited for.
result<http1_reply_reader::event> http1_reply_reader::feed_body(std::span<char> bytes)
{
    std::string_view text{bytes.data(), bytes.size()};
    switch (head_->body()) {
    case response_body::none: return end();
    case response_body::chunked: return feed_chunks(bytes);
    case response_body::until_close: break;
    case response_body::length:
        if (left_ == 0) return end();
        text = text.substr(0, left_);
        left_ -= text.size();
        break;
    }
    return text.empty() ? event{} : event{step::part, text.size(), text};
}

result<http1_reply_reader::event> http1_reply_reader::feed_chunks(std::span<char> bytes)
{
    std::size_t consumed = 0;
    if (!chunks_.done()) {
        auto const decoded = chunks_.decode(bytes);
        if (!decoded) return upstream_error(errc::upstream_broken, "malformed chunks: " + decoded.error().note());
        consumed = decoded->consumed;
        if (!decoded->data.empty()) return event{step::part, consumed, decoded->data};
        if (!chunks_.done()) return event{step::more, consumed};
    }
    if (chunks_.trailer_fields_seen() > 0 && !std::exchange(told_trailers_, true)) return event{step::trailers, consumed};
    auto over = end();
    over.consumed = consumed;
    return over;
}

http1_reply_reader::event http1_reply_reader::end() noexcept
{
    stage_ = stage::over;
    return {step::end};
}

} // namespace yett::upstream
