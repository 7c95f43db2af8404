#include "gateway/http2/engine.hpp"

#include "gateway/http2/messages.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>
#include <vector>

// The library keeps the state of the protocol: frames, HPACK, windows, which frame may come when. What a message
// means is ours (`messages`), and so is what a peer may cost us (`flood_budget`): the library has limits for some floods, which are set
// below, and none for the resets that it is made to send.
//
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
constexpr std::size_t most_unanswered_pings = 10;
// A reply's head as it is sent; what applications may say is bounded where it is read.
constexpr std::size_t most_sent_fields = 1024 * 1024;
// The library's own bound on resets counts those of honest clients.
constexpr std::uint64_t unbounded = std::numeric_limits<std::uint32_t>::max();

bool is_server(engine_options const& o) noexcept
{
    return o.as == engine_options::role::server;
}

// Resets that nobody made us send.
bool is_of_our_own(std::uint32_t code) noexcept
{
    return code == NGHTTP2_CANCEL || code == NGHTTP2_NO_ERROR || code == NGHTTP2_INTERNAL_ERROR;
}

// It does not write to them.
std::uint8_t* bytes_of(std::string_view text) noexcept
{
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

// What lets somebody in has no place in a table that is kept for later requests.
std::uint8_t flags_of(http::field const& f) noexcept
{
    return f.id == http::known::authorization ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
}

// As the library wants them, until the next call on this thread.
std::vector<nghttp2_nv> const& as_list(std::span<http::field const> fields)
{
    thread_local std::vector<nghttp2_nv> list;
    list.clear();
    for (auto const& f : fields)
        list.push_back({bytes_of(f.name), bytes_of(f.value), f.name.size(), f.value.size(), flags_of(f)});
    return list;
}

std::string_view as_text(std::uint8_t const* bytes, std::size_t size) noexcept
{
    return {reinterpret_cast<char const*>(bytes), size};
}

error failure_of(ssize_t code)
{
    if (code == NGHTTP2_ERR_FLOODED) return client_error(errc::rate_limited, "an HTTP/2 connection was flooded");
    if (code == NGHTTP2_ERR_CALLBACK_FAILURE) return client_error(errc::bad_request, "a CONTINUATION that is too long");
    if (code == NGHTTP2_ERR_NOMEM) return our_error(errc::internal, nghttp2_strerror(static_cast<int>(code)));
    return client_error(errc::bad_request, nghttp2_strerror(static_cast<int>(code)));
}

} // namespace

// --- what the library calls ----------------------------------------------------------

struct engine::callbacks
{
    static engine& self(void* user) noexcept { return *static_cast<engine*>(user); }
    static stream* stream_of(nghttp2_session* session, std::int32_t id) noexcept
    {
        return static_cast<stream*>(nghttp2_session_get_stream_user_data(session, id));
    }

    static int on_begin_frame(nghttp2_session* session, nghttp2_frame_hd const* hd, void* user)
    {
        auto& e = self(user);
        // Those that it does not know are told here alone.
        if (hd->type > NGHTTP2_CONTINUATION) e.note(nuisance::idle);
        if (hd->type == NGHTTP2_HEADERS) e.budget_.section_began();
        return hd->type == NGHTTP2_CONTINUATION ? continued(session, e, hd->length) : 0;
    }

    // The library does not look at the length of these.
    static int continued(nghttp2_session* session, engine& e, std::size_t length)
    {
        if (!e.budget_.section_continued()) e.end_flood();
        else if (length > longest_frame) nghttp2_session_terminate_session(session, NGHTTP2_FRAME_SIZE_ERROR);
        else return 0;
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }

    static int on_begin_headers(nghttp2_session*, nghttp2_frame const*, void* user)
    {
        self(user).in_section_ = true;
        self(user).arriving_.begin(self(user).options_.fields);
        return 0;
    }

    static int on_header(nghttp2_session*, nghttp2_frame const*, std::uint8_t const* name, std::size_t name_bytes,
                         std::uint8_t const* value, std::size_t value_bytes, std::uint8_t, void* user)
    {
        auto& e = self(user);
        if (e.flooded_ || e.arriving_.add(as_text(name, name_bytes), as_text(value, value_bytes))) return 0;
        e.end_flood();
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }

    // Dropping it, as the library would, leaves a message that its sender did not mean.
    static int on_invalid_header(nghttp2_session*, nghttp2_frame const*, nghttp2_rcbuf*, nghttp2_rcbuf*, std::uint8_t, void*)
    {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }

    static int on_invalid_frame(nghttp2_session*, nghttp2_frame const* frame, int why, void* user)
    {
        auto& e = self(user);
        // One that was refused unread has nothing to be told of.
        auto const was_read = std::exchange(e.in_section_, false);
        if (was_read && !e.flooded_ && frame->hd.type == NGHTTP2_HEADERS)
            e.events_.on_malformed(frame->hd.stream_id, e.arriving_, nghttp2_strerror(why));
        return 0;
    }

    static int on_frame_recv(nghttp2_session* session, nghttp2_frame const* frame, void* user)
    {
        auto& e = self(user);
        if (e.flooded_) return 0;
        auto const id = frame->hd.stream_id;
        auto* const on = id == 0 ? nullptr : stream_of(session, id);
        auto const ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        switch (frame->hd.type) {
        case NGHTTP2_HEADERS: e.section_ended(id, frame->headers.cat == NGHTTP2_HCAT_REQUEST, ends); break;
        case NGHTTP2_DATA:
            if (frame->hd.length == frame->data.padlen && !ends) e.note(nuisance::idle);
            if (on && ends) on->on_end();
            break;
        case NGHTTP2_GOAWAY:
            e.goodbye_ = static_cast<error_code>(frame->goaway.error_code);
            e.events_.on_goaway(frame->goaway.last_stream_id, *e.goodbye_);
            break;
        default:
            e.frame_came(frame->hd.type, (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0, id != 0 && nghttp2_session_find_stream(session, id) != nullptr, on);
        }
        return 0;
    }

    static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t id, std::uint8_t const* data, std::size_t size,
                       void* user)
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

    static int on_stream_close(nghttp2_session* session, std::int32_t id, std::uint32_t code, void* user)
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

    static int on_frame_send(nghttp2_session*, nghttp2_frame const* frame, void* user)
    {
        auto& e = self(user);
        switch (frame->hd.type) {
        case NGHTTP2_RST_STREAM:
            if (!is_of_our_own(frame->rst_stream.error_code)) e.note(nuisance::forced_reset);
            break;
        case NGHTTP2_PING:
            if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 && e.unanswered_pings_ > 0) --e.unanswered_pings_;
            break;
        case NGHTTP2_GOAWAY: e.goodbye_ = static_cast<error_code>(frame->goaway.error_code); break;
        default: break;
        }
        return 0;
    }

    // How much of a body goes into the next frame.
    static ssize_t read(nghttp2_session* session, std::int32_t id, std::uint8_t*, std::size_t most, std::uint32_t* flags,
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

    static int send_data(nghttp2_session* session, nghttp2_frame* frame, std::uint8_t const* head, std::size_t size,
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

    static nghttp2_session_callbacks const* all()
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

    static nghttp2_option const* limits()
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
};

void engine::deleter::operator()(nghttp2_session* session) const noexcept
{
    nghttp2_session_del(session);
}

// --- a connection ---------------------------------------------------------------------

engine::engine(engine_options const& options, engine_events& events) : options_{options}, events_{events}
{
    nghttp2_session* made = nullptr;
    auto const make = is_server(options) ? nghttp2_session_server_new2 : nghttp2_session_client_new2;
    if (make(&made, callbacks::all(), this, callbacks::limits()) != 0) throw std::bad_alloc{};
    session_.reset(made);
    submit_settings();
}

// Streams that are left are told nothing: who owns them knows.
engine::~engine() = default;

void engine::submit_settings()
{
    std::vector<nghttp2_settings_entry> said{
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options_.stream_window},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(options_.fields.bytes)}};
    if (is_server(options_)) {
        said.push_back({NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options_.streams});
        said.push_back({NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1});
        if (options_.extended_connect) said.push_back({NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1});
    } else {
        said.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
    }
    nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, said.data(), said.size());
    nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0,
                                          static_cast<std::int32_t>(options_.connection_window));
}

result<void> engine::receive(std::string_view bytes, steady_time now)
{
    now_ = now;
    auto const taken = nghttp2_session_mem_recv(session_.get(), bytes_of(bytes), bytes.size());
    if (flooded_) return failure_of(NGHTTP2_ERR_FLOODED);
    if (taken < 0) return failure_of(taken);
    return {};
}

bool engine::gather(std::string& out, std::size_t enough)
{
    out_ = &out;
    enough_ = enough;
    ssize_t more = 1;
    while (more > 0 && out.size() < enough) {
        std::uint8_t const* bytes = nullptr;
        more = nghttp2_session_mem_send(session_.get(), &bytes);
        if (more > 0) out.append(as_text(bytes, static_cast<std::size_t>(more)));
    }
    out_ = nullptr;
    return has_output();
}

bool engine::has_output() const noexcept
{
    return nghttp2_session_want_write(session_.get()) != 0;
}

bool engine::is_over() const noexcept
{
    return nghttp2_session_want_read(session_.get()) == 0 && !has_output();
}

// --- what arrives -----------------------------------------------------------------------

void engine::section_ended(stream_id id, bool of_request, bool ends)
{
    in_section_ = false;
    arriving_.end();
    auto* const known = callbacks::stream_of(session_.get(), id);
    if (of_request && !is_server(options_)) return;
    if (!of_request) {
        if (!known || known->reset_) return;
        return is_server(options_) || known->has_head_ ? trailers_came(*known) : response_came(*known, ends);
    }
    if (auto const* why = malformed_request(arriving_)) return malformed(id, why);
    budget_.was_useful();
    auto* const opened = events_.on_request(id, arriving_, ends);
    if (!opened) {
        nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
        return;
    }
    opened->id_ = id;
    opened->open_ = true;
    ++open_;
    nghttp2_session_set_stream_user_data(session_.get(), id, opened);
    if (ends) opened->on_end();
}

void engine::response_came(stream& s, bool ends)
{
    if (auto const* why = malformed_response(arriving_)) return malformed(s.id_, why);
    s.has_head_ = !arriving_.find(field_section::pseudo::status)->starts_with('1');
    s.on_response(arriving_, ends);
    if (ends) s.on_end();
}

void engine::trailers_came(stream& s)
{
    if (auto const* why = arriving_.has_outgrown() ? "trailers that are too long" : malformed_trailers(arriving_))
        return malformed(s.id_, why);
    s.on_trailers(arriving_);
    s.on_end();
}

void engine::malformed(stream_id id, char const* why)
{
    auto* const known = callbacks::stream_of(session_.get(), id);
    if (known) reset(*known, error_code::protocol_error);
    else nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_PROTOCOL_ERROR);
    events_.on_malformed(id, arriving_, why);
}

void engine::frame_came(std::uint8_t type, bool is_answer, bool is_known, stream* on)
{
    switch (type) {
    case NGHTTP2_RST_STREAM:
        // One that was closed before is an answer that crossed ours.
        if (is_server(options_) && is_known && !(on && on->has_head_)) note(nuisance::early_reset);
        return;
    case NGHTTP2_SETTINGS:
        if (is_answer) return;
        note(nuisance::idle);
        events_.on_settings();
        return;
    case NGHTTP2_PING:
        if (is_answer) return events_.on_ping_answered();
        note(nuisance::ping);
        if (++unanswered_pings_ > most_unanswered_pings) end_flood();
        return;
    default: note(nuisance::idle);
    }
}

void engine::note(nuisance what) noexcept
{
    if (!flooded_ && !budget_.note(what, now_)) end_flood();
}

void engine::end_flood() noexcept
{
    if (std::exchange(flooded_, true)) return;
    nghttp2_session_terminate_session(session_.get(), NGHTTP2_ENHANCE_YOUR_CALM);
}

// --- streams ------------------------------------------------------------------------------

result<void> engine::request(stream& s, std::span<http::field const> fields, bool ends)
{
    auto const& list = as_list(fields);
    nghttp2_data_provider const body{{}, callbacks::read};
    auto const id = nghttp2_submit_request(session_.get(), nullptr, list.data(), list.size(), ends ? nullptr : &body, &s);
    if (id < 0) return upstream_error(errc::overloaded, nghttp2_strerror(id)).as_retryable();
    s.id_ = id;
    s.open_ = true;
    ++open_;
    return {};
}

std::size_t engine::may_open() const noexcept
{
    if (nghttp2_session_check_request_allowed(session_.get()) == 0) return 0;
    auto const most = nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    return most > open_ ? most - open_ : 0;
}

void engine::interim(stream& s, std::span<http::field const> fields)
{
    auto const& list = as_list(fields);
    if (s.open_ && !s.has_head_)
        nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, s.id_, nullptr, list.data(), list.size(), nullptr);
}

void engine::reply(stream& s, std::span<http::field const> fields, bool ends)
{
    if (!s.open_ || s.reset_ || std::exchange(s.has_head_, true)) return;
    auto const& list = as_list(fields);
    nghttp2_data_provider const body{{}, callbacks::read};
    nghttp2_submit_response(session_.get(), s.id_, list.data(), list.size(), ends ? nullptr : &body);
}

void engine::offer(stream& s, std::string_view bytes, bool last, std::span<http::field const> trailers)
{
    if (!s.open_ || s.reset_) return;
    s.unsent_ = bytes;
    s.end_unsent_ = last;
    s.trailers_ = trailers;
    if (s.has_unsent() && std::exchange(s.deferred_, false)) nghttp2_session_resume_data(session_.get(), s.id_);
}

// All of what was offered, or a part of it.
void engine::was_gathered(stream& s, std::size_t bytes)
{
    s.unsent_.remove_prefix(bytes);
    if (bytes > 0) budget_.was_useful();
    if (!s.unsent_.empty()) return;
    s.end_unsent_ = false;
    s.on_sent();
}

void engine::taken(stream& s, std::size_t bytes)
{
    bytes = std::min(bytes, s.untaken_);
    if (bytes == 0) return;
    s.untaken_ -= bytes;
    nghttp2_session_consume(session_.get(), s.id_, bytes);
}

void engine::widen(stream& s, std::uint32_t window)
{
    if (s.open_ && !s.reset_)
        nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, s.id_, static_cast<std::int32_t>(window));
}

void engine::reset(stream& s, error_code why)
{
    if (!s.open_ || std::exchange(s.reset_, true)) return;
    s.unsent_ = {};
    s.end_unsent_ = false;
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, s.id_, static_cast<std::uint32_t>(why));
}

void engine::forget(stream& s) noexcept
{
    if (!s.open_) return;
    if (s.has_unsent()) reset(s, error_code::cancel);
    nghttp2_session_set_stream_user_data(session_.get(), s.id_, nullptr);
    if (auto const held = std::exchange(s.untaken_, 0); held != 0) nghttp2_session_consume_connection(session_.get(), held);
    s.open_ = false;
    --open_;
}

std::size_t engine::window_of(stream const& s) const noexcept
{
    auto const of_stream = nghttp2_session_get_stream_remote_window_size(session_.get(), s.id_);
    auto const of_all = nghttp2_session_get_remote_window_size(session_.get());
    return static_cast<std::size_t>(std::max(0, std::min(of_stream, of_all)));
}

// --- endings --------------------------------------------------------------------------------

void engine::announce_end()
{
    if (is_server(options_)) nghttp2_submit_shutdown_notice(session_.get());
}

void engine::drain()
{
    if (std::exchange(draining_, true)) return;
    auto const last = nghttp2_session_get_last_proc_stream_id(session_.get());
    nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
}

void engine::terminate(error_code why)
{
    nghttp2_session_terminate_session(session_.get(), static_cast<std::uint32_t>(why));
}

void engine::ping()
{
    nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
}

bool engine::peer_extended_connect() const noexcept
{
    return nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1;
}

} // namespace yett::http2
