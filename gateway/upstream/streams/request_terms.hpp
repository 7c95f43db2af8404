#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/error.hpp"
#include "gateway/http/head.hpp"
#include "gateway/upstream/headers/field_sink.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace yett::upstream {

// By what a request is asked and its reply is read, whatever is spoken on its connection.
struct request_terms
{
    http::method asked;
    milliseconds reply_timeout; // from the end of the request to the head of the reply
    milliseconds idle_timeout;  // for each piece of progress of either body
    std::size_t reply_header_bytes;
    std::size_t reply_fields;
};

// What there is of a reply's body at a time.
struct reply_part
{
    std::string_view data;                      // valid until the next wait
    bool last = false;                          // the reply ends with it
    bool cut = false;                           // the reply ended in its midst, see `request_stream::why_ended`
    std::span<http::field const> trailers = {}; // of a last part, as long as the stream lives
};

// A question of our own, on nobody's behalf.
struct probe
{
    std::string_view path;
    std::string_view host;
};

// What is said in one, to a sink of `field_sink`'s kinds.
template<field_sink Sink>
void write_probe(probe const& question, Sink& to)
{
    auto const mark = question.path.find('?');
    request_start start{"GET", question.path.substr(0, mark), {}, question.host};
    if (mark != std::string_view::npos) start.query = question.path.substr(mark + 1);
    to.start(start);
    to.field("User-Agent", "yett-health");
    to.field("Accept", "*/*");
}

// What a request fails with when its client has gone.
inline error client_went_away()
{
    return client_error(errc::peer_broke_off, "the client went away");
}

} // namespace yett::upstream
