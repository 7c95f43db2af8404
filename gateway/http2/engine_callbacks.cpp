#include "gateway/http2/engine_callbacks.hpp"

#include "gateway/http2/library_types.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

// Bodies are not copied into the library's frames. It asks how much of a body there is (`read`), and then has us write
// frame and bytes behind one another (`send_data`), straight to where the output is gathered. Between the two nothing
// else happens, because `read` already says no where no more is to be gathered now.
//
// The library answers what it must by itself: SETTINGS and PING by their acknowledgements, faults by RST_STREAM
// and GOAWAY. Counting what it sends tells how often it was made to.

namespace yett::http2 {

namespace {

// It counts a CONTINUATION once for each piece that its nine bytes of head come in. Which are too many, the budget says; this
// bounds those of sections that it skips, of which it tells nothing.
constexpr std::size_t most_pieces_of_continuations = 9 * (flood_budget::most_continuations + 1);
constexpr std::size_t longest_frame = 16 * 1024; // what it takes unless told otherwise
constexpr std::size_t most_settings = 32;
constexpr std::size_t most_acknowledgements = 100; // that wait to be sent
// A reply's head as it is sent; what applications may say is bounded where it is read.
constexpr std::size_t most_sent_fields = 1024 * 1024;
// The library's own bound on resets counts those of honest clients.
constexpr std::uint64_t unbounded = std::numeric_limits<std::uint32_t>::max();

engine& self(void* user) noexcept
{
    return *static_cast<engine*>(user);
}

// Resets that nobody made us send.
bool is_of_our_own(std::uint32_t code) noexcept
{
    return code == NGHTTP2_CANCEL || code == NGHTTP2_NO_ERROR || code == NGHTTP2_INTERNAL_ERROR;
}

bool has_flag(nghttp2_frame_hd const& hd, nghttp2_flag flag) noexcept
{
    return (hd.flags & flag) != 0;
}

} // namespace

// --- what arrives -----------------------------------------------------------------------

int engine::callbacks::on_begin_frame(nghttp2_session* session, nghttp2_frame_hd const* hd, void* user)
{
    auto& e = self(user);
    // Those that it does not know are told here alone.
    if (hd->type > NGHTTP2_CONTINUATION) e.note(nuisance::idle);
    if (hd->type == NGHTTP2_HEADERS) e.budget_.section_began();
    return hd->type == NGHTTP2_CONTINUATION ? continued(session, e, hd->length) : 0;
}

// The library does not look at the length of these.
int engine::callbacks::continued(nghttp2_session* session, engine& e, std::size_t length)
{
    if (!e.budget_.section_continued()) e.end_flood();
    else if (length > longest_frame) nghttp2_session_terminate_session(session, NGHTTP2_FRAME_SIZE_ERROR);
    else return 0;
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

int engine::callbacks::on_begin_headers(nghttp2_session*, nghttp2_frame const*, void* user)
{
    self(user).in_section_ = true;
    self(user).arriving_.begin(self(user).options_.fields);
    return 0;
}

int engine::callbacks::on_header(nghttp2_session*, nghttp2_frame const*, std::uint8_t const* name, std::size_t name_bytes,
                                 std::uint8_t const* value, std::size_t value_bytes, std::uint8_t, void* user)
{
    auto& e = self(user);
    if (e.flooded_ || e.arriving_.add(as_text(name, name_bytes), as_text(value, value_bytes))) return 0;
    e.end_flood();
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

// Dropping it, as the library would, leaves a message that its sender did not mean.
int engine::callbacks::on_invalid_header(nghttp2_session*, nghttp2_frame const*, nghttp2_rcbuf*, nghttp2_rcbuf*, std::uint8_t,
                                         void*)
{
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int engine::callbacks::on_invalid_frame(nghttp2_session*, nghttp2_frame const* frame, int why, void* user)
{
    auto& e = self(user);
    // One that was refused unread has nothing to be told of.
    auto const was_read = std::exchange(e.in_section_, false);
    if (was_read && !e.flooded_ && frame->hd.type == NGHTTP2_HEADERS)
        e.events_.on_malformed(frame->hd.stream_id, e.arriving_, nghttp2_strerror(why));
    return 0;
}

int engine::callbacks::on_frame_recv(nghttp2_session* session, nghttp2_frame const* frame, void* user)
{
    auto& e = self(user);
    if (e.flooded_) return 0;
    auto const id = frame->hd.stream_id;
    auto* const on = id == 0 ? nullptr : stream_of(session, id);
    auto const ends = has_flag(frame->hd, NGHTTP2_FLAG_END_STREAM);
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS: e.section_ended(id, frame->headers.cat == NGHTTP2_HCAT_REQUEST, ends); break;
    case NGHTTP2_DATA:
        if (frame->hd.length == frame->data.padlen && !ends) e.note(nuisance::idle);
        if (on && ends) on->on_end();
        break;
    case NGHTTP2_GOAWAY:
        e.events_.on_goaway(frame->goaway.last_stream_id, static_cast<error_code>(frame->goaway.error_code));
        break;
    default: {
        auto const is_known = id != 0 && nghttp2_session_find_stream(session, id) != nullptr;
        e.frame_came(frame->hd.type, has_flag(frame->hd, NGHTTP2_FLAG_ACK), is_known, on);
    }
    }
    return 0;
}

int engine::callbacks::on_data(nghttp2_session* session, std::uint8_t, std::int32_t id, std::uint8_t const* data,
                               std::size_t size, void* user)
{
    auto& e = self(user);
    e.budget_.was_useful();
    auto* const on = stream_of(session, id);
    if (!on || on->reset_ || e.flooded_) {
        nghttp2_session_consume_connection(session, size);
        return 0;
    }
    on->untaken_ += size;
    on->on_data(as_text(data, size));
    return 0;
}

int engine::callbacks::on_stream_close(nghttp2_session* session, std::int32_t id, std::uint32_t code, void* user)
{
    auto& e = self(user);
    auto* const closed = stream_of(session, id);
    if (!closed) return 0;
    if (auto const held = std::exchange(closed->untaken_, 0); held != 0) nghttp2_session_consume_connection(session, held);
    closed->open_ = false;
    closed->unsent_ = {};
    closed->end_unsent_ = false;
    --e.open_;
    closed->on_closed(static_cast<error_code>(code));
    return 0;
}

// --- what goes out ------------------------------------------------------------------------

int engine::callbacks::on_frame_send(nghttp2_session* session, nghttp2_frame const* frame, void* user)
{
    auto& e = self(user);
    switch (frame->hd.type) {
    case NGHTTP2_DATA:
    case NGHTTP2_HEADERS:
        if (has_flag(frame->hd, NGHTTP2_FLAG_END_STREAM) && !stream_of(session, frame->hd.stream_id))
            e.stop_request(frame->hd.stream_id);
        break;
    case NGHTTP2_RST_STREAM:
        if (!is_of_our_own(frame->rst_stream.error_code)) e.note(nuisance::forced_reset);
        break;
    case NGHTTP2_PING:
        if (has_flag(frame->hd, NGHTTP2_FLAG_ACK) && e.unanswered_pings_ > 0) --e.unanswered_pings_;
        break;
    case NGHTTP2_GOAWAY: e.goodbye_ = static_cast<error_code>(frame->goaway.error_code); break;
    default: break;
    }
    return 0;
}

ssize_t engine::callbacks::read(nghttp2_session* session, std::int32_t id, std::uint8_t*, std::size_t most, std::uint32_t* flags,
                                nghttp2_data_source*, void* user)
{
    auto& e = self(user);
    auto* const from = stream_of(session, id);
    if (!from) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (e.out_->size() >= e.enough_) return NGHTTP2_ERR_PAUSE;
    if (!from->has_unsent()) {
        from->deferred_ = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    auto const bytes = std::min(most, from->unsent_.size());
    *flags = NGHTTP2_DATA_FLAG_NO_COPY;
    if (bytes == from->unsent_.size() && from->end_unsent_) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if ((*flags & NGHTTP2_DATA_FLAG_EOF) == 0 || from->trailers_.empty()) return static_cast<ssize_t>(bytes);
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    auto const& list = as_list(from->trailers_);
    nghttp2_submit_trailer(session, id, list.data(), list.size());
    // It makes no frame of nothing, and says no more about it.
    if (bytes == 0) e.was_gathered(*from, 0);
    return static_cast<ssize_t>(bytes);
}

int engine::callbacks::send_data(nghttp2_session* session, nghttp2_frame* frame, std::uint8_t const* head, std::size_t size,
                                 nghttp2_data_source*, void* user)
{
    constexpr std::size_t frame_head = 9;
    auto& e = self(user);
    auto* const from = stream_of(session, frame->hd.stream_id);
    if (!from || from->unsent_.size() < size) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    e.out_->append(as_text(head, frame_head)).append(from->unsent_.substr(0, size));
    e.was_gathered(*from, size);
    return 0;
}

// --- for every session --------------------------------------------------------------------

nghttp2_session_callbacks const* engine::callbacks::all()
{
    static auto const* const made = [] {
        nghttp2_session_callbacks* c = nullptr;
        if (nghttp2_session_callbacks_new(&c) != 0) throw std::bad_alloc{};
        nghttp2_session_callbacks_set_on_begin_frame_callback(c, on_begin_frame);
        nghttp2_session_callbacks_set_on_begin_headers_callback(c, on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(c, on_header);
        nghttp2_session_callbacks_set_on_invalid_header_callback2(c, on_invalid_header);
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(c, on_invalid_frame);
        nghttp2_session_callbacks_set_on_frame_recv_callback(c, on_frame_recv);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, on_data);
        nghttp2_session_callbacks_set_on_stream_close_callback(c, on_stream_close);
        nghttp2_session_callbacks_set_on_frame_send_callback(c, on_frame_send);
        nghttp2_session_callbacks_set_send_data_callback(c, send_data);
        return c;
    }();
    return made;
}

nghttp2_option const* engine::callbacks::limits()
{
    static auto const* const made = [] {
        nghttp2_option* o = nullptr;
        if (nghttp2_option_new(&o) != 0) throw std::bad_alloc{};
        nghttp2_option_set_no_auto_window_update(o, 1);
        nghttp2_option_set_no_closed_streams(o, 1);
        nghttp2_option_set_peer_max_concurrent_streams(o, 100); // until it has said how many
        nghttp2_option_set_max_reserved_remote_streams(o, 0);
        nghttp2_option_set_max_send_header_block_length(o, most_sent_fields);
        nghttp2_option_set_max_outbound_ack(o, most_acknowledgements);
        nghttp2_option_set_max_settings(o, most_settings);
        nghttp2_option_set_max_continuations(o, most_pieces_of_continuations);
        nghttp2_option_set_stream_reset_rate_limit(o, unbounded, unbounded);
        return o;
    }();
    return made;
}

} // namespace yett::http2
