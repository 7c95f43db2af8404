#pragma once

#include "gateway/http2/engine.hpp"

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>

namespace yett::http2 {

// What the library calls of an engine, in the midst of taking in or giving out bytes. It knows what frames are; what
// becomes of a whole section or of a nuisance is the engine's.
struct engine::callbacks
{
    // For every session: made once, when the first asks.
    static nghttp2_session_callbacks const* all();
    static nghttp2_option const* limits();

    // Null for a stream that nobody owns (any more).
    static stream* stream_of(nghttp2_session* session, std::int32_t id) noexcept
    {
        return static_cast<stream*>(nghttp2_session_get_stream_user_data(session, id));
    }
    // Where the library gets bodies from (`nghttp2_data_source_read_callback`): how much goes into the next frame.
    static ssize_t read(nghttp2_session* session, std::int32_t id, std::uint8_t*, std::size_t most, std::uint32_t* flags,
                        nghttp2_data_source*, void* user);

private:
    // Of what arrives.
    static int on_begin_frame(nghttp2_session* session, nghttp2_frame_hd const* hd, void* user);
    static int continued(nghttp2_session* session, engine& e, std::size_t length);
    static int on_begin_headers(nghttp2_session*, nghttp2_frame const*, void* user);
    static int on_header(nghttp2_session*, nghttp2_frame const*, std::uint8_t const* name, std::size_t name_bytes,
                         std::uint8_t const* value, std::size_t value_bytes, std::uint8_t, void* user);
    static int on_invalid_header(nghttp2_session*, nghttp2_frame const*, nghttp2_rcbuf*, nghttp2_rcbuf*, std::uint8_t, void*);
    static int on_invalid_frame(nghttp2_session*, nghttp2_frame const* frame, int why, void* user);
    static int on_frame_recv(nghttp2_session* session, nghttp2_frame const* frame, void* user);
    static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t id, std::uint8_t const* data, std::size_t size,
                       void* user);
    static int on_stream_close(nghttp2_session* session, std::int32_t id, std::uint32_t code, void* user);

    // Of what goes out.
    static int on_frame_send(nghttp2_session* session, nghttp2_frame const* frame, void* user);
    static int send_data(nghttp2_session* session, nghttp2_frame* frame, std::uint8_t const* head, std::size_t size,
                         nghttp2_data_source*, void* user);
};

} // namespace yett::http2
