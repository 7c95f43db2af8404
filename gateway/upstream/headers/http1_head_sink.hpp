#pragma once

#include "gateway/base/result.hpp"
#include "gateway/upstream/headers/field_sink.hpp"

#include <array>
#include <charconv>
#include <string>
#include <string_view>

namespace yett::upstream {

class header_plan;
struct composition;
struct composed;

// The fields by which HTTP/1.1 says what follows a head (RFC 9112 section 6, RFC 6455 section 4.1).
template<class Sink>
void write_http1_framing(Sink& to, announced_body const& body)
{
    using kind = announced_body::kind;
    std::array<char, 24> digits;
    switch (body.is) {
    case kind::none: return;
    case kind::sized: {
        auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), body.length).ptr;
        return to.field("Content-Length", {digits.data(), end});
    }
    case kind::streamed: return to.field("Transfer-Encoding", "chunked");
    case kind::websocket: to.field("Connection", "Upgrade"); return to.field("Upgrade", "websocket");
    }
}

// Spells a head as HTTP/1.1 bytes, blank line included, at the end of a string that is used again
// and again and grows to a request's size once.
class http1_head_sink final
{
public:
    // Writes behind what `out` holds already.
    explicit http1_head_sink(std::string& out) noexcept : out_{out} {}

    // The request line and Host, which is always the first field.
    void start(request_start const& r)
    {
        put(r.method, " ", r.path);
        if (r.query) put("?", *r.query);
        put(" HTTP/1.1\r\nHost: ", r.host);
        if (!r.port.empty()) put(":", r.port);
        put(line_end);
    }
    // Values were checked by whoever made them: `header_plan` writes no line end.
    void field(std::string_view name, std::string_view value) { put(name, ": ", value, line_end); }
    // A value that is written in place: opened, appended to, and kept or taken back as a whole.
    std::string& open(std::string_view name)
    {
        opened_at_ = out_.size();
        put(name, ": ");
        return out_;
    }
    // The value stays, or the whole field is as if it had never been opened.
    void close() { put(line_end); }
    void drop() { out_.resize(opened_at_); }
    // Framing is last, since it is about what follows.
    void end(announced_body const& body)
    {
        write_http1_framing(*this, body);
        put(line_end);
    }

private:
    static constexpr std::string_view line_end = "\r\n";

    template<class... Text>
    void put(Text const&... text)
    {
        (out_.append(text), ...);
    }

    std::string& out_;
    std::size_t opened_at_ = 0;
};

// Writes the whole head for an application over `out`; allocates nothing once that has grown to
// a request's size. Fails as `header_plan::apply` does, and then `out` holds a part of a head.
result<composed> write_http1_head(header_plan const& plan, composition const& c, std::string& out);

} // namespace yett::upstream
