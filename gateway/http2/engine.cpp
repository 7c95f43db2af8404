#include "gateway/http2/engine.hpp"

#include "gateway/http2/engine_callbacks.hpp"
#include "gateway/http2/library_types.hpp"
#include "gateway/http2/messages.hpp"

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

// The library keeps the state of the protocol: frames, HPACK, windows, which frame may come when. What a message
// means is ours (`messages`), and so is what a peer may cost us (`flood_budget`): the library has limits for some floods
// (`engine_callbacks`), and none for the resets that it is made to send.

namespace yett::http2 {

namespace {

constexpr std::size_t most_unanswered_pings = 10;

bool is_server(engine_options const& o) noexcept
{
    return o.as == engine_options::role::server;
}

error failure_of(ssize_t code)
{
    if (code == NGHTTP2_ERR_FLOODED) return client_error(errc::rate_limited, "an HTTP/2 connection was flooded");
    if (code == NGHTTP2_ERR_CALLBACK_FAILURE) return client_error(errc::bad_request, "a CONTINUATION that is too long");
    if (code == NGHTTP2_ERR_NOMEM) return our_error(errc::internal, nghttp2_strerror(static_cast<int>(code)));
    return client_error(errc::bad_request, nghttp2_strerror(static_cast<int>(code)));
}

} // namespace

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
    if (nghttp2_session_get_stream_local_close(session_.get(), s.id_) == 1) stop_request(s.id_);
    if (auto const held = std::exchange(s.untaken_, 0); held != 0) nghttp2_session_consume_connection(session_.get(), held);
    s.open_ = false;
    --open_;
}

// What is left of a request whose reply is out is of no use to anybody (RFC 9113 section 8.1).
void engine::stop_request(stream_id id) noexcept
{
    if (is_server(options_) && nghttp2_session_get_stream_remote_close(session_.get(), id) == 0)
        nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
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
