#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yett::upstream {

// How a request begins: what HTTP/1.1 spells as request line and Host, HTTP/2 as pseudo-header
// fields. The views live as long as the composition that it was made from.
struct request_start
{
    std::string_view method;
    std::string_view path;                 // in its one spelling, "*" for OPTIONS *
    std::optional<std::string_view> query; // without the '?'; empty is another thing than none
    std::string_view host;                 // IPv6 in brackets
    std::string_view port = {};            // empty: none was named, or `host` holds it
};

// What the head says of the bytes behind it.
struct announced_body
{
    enum class kind : std::uint8_t
    {
        none,      // nothing follows, and nobody would expect it to
        sized,     // `length` bytes, zero perhaps
        streamed,  // as many as come
        websocket, // the request asks for another protocol
    };
    kind is = kind::none;
    std::uint64_t length = 0;
};

// Where the head for an application is written to, field by field, in the order start, fields, end.
// The rules say what is in it, the sink how that is spelled: as HTTP/1.1 bytes (`http1_head_sink`),
// or as a list for whoever wants to look at it (`recorded_head`). Rules are templates of their sink,
// made in the sources that know them all, so that no call of a request's way is a virtual one.
//
// A value may come in pieces: `open` hands out the text that it is appended to, which may hold
// something in front of it, and `close` ends it or `drop` forgets the field. Nothing else is
// called between. Names are tokens and values hold no control bytes: the rules see to that.
template<class T>
concept field_sink = requires(T& sink, request_start const& start, announced_body const& body, std::string_view text)
{
    sink.start(start);
    sink.field(text, text);
    {
        sink.open(text)
        } -> std::same_as<std::string&>;
    sink.close();
    sink.drop();
    sink.end(body);
};

} // namespace yett::upstream
