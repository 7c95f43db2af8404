#include "gateway/upstream/tunnel.hpp"

#include "gateway/upstream/streams/request_terms.hpp"

// Two directions, two coroutines: `run` carries what the application says, `upload_` what the client says. Each ends
// by itself, and the tunnel when both have. Who ends it from outside wants the client to hear why, and can say so
// only between two frames of the application: until then bytes pass up to the end of the frame (`pass_on`), and a
// moment later (`farewell_`) both are cut, because neither side may hold a worker that wants to end.
//
// The first reason is the reason: everything that ends a tunnel notes what it is (`note`), and only the first counts.

namespace yett::upstream {

using ending = connection::ending;
using http::websocket::close_code;
using telemetry::websocket_end;

namespace {

// For the last frame to end and the last bytes to be taken.
constexpr milliseconds farewell{1000};

websocket_end reason_for(errc why) noexcept
{
    switch (why) {
    case errc::token_revoked: return websocket_end::revoked;
    case errc::token_expired: return websocket_end::expired;
    case errc::timed_out: return websocket_end::idle;
    default: return websocket_end::draining;
    }
}

bool is_about_session(errc why) noexcept
{
    return why == errc::token_revoked || why == errc::token_expired;
}

} // namespace

tunnel::tunnel(parties const& p)
    : parties_{p},
      application_{*p.application},
      client_says_{[this](std::string_view part) { hear_client(part); }, [this] { note(websocket_end::client); }},
      upload_{p.exchange,
              p.application,
              {.chunked = false, .left = 0, .reply_timeout = p.idle, .idle_timeout = p.idle, .tunnel = &client_says_}},
      idle_{[this] { end(errc::timed_out); }},
      farewell_{[this] { cut(); }}
{
    parties_.figures.open.add(1);
}

tunnel::~tunnel()
{
    parties_.figures.open.add(-1);
}

task<result<void>> tunnel::run()
{
    application_.allow_half_open();
    upload_.reply_began();
    upload_.start(parties_.executor);
    moved();
    auto const carried = co_await carry_to_client();
    said_all_ = true;
    // Whoever has heard everything may still have something to say, but not behind a close.
    if (carried && ended_ == errc{} && !frames_.closed()) co_await upload_.finished();
    co_await upload_.stop();
    farewell_.disarm();
    idle_.disarm();
    auto outcome = outcome_of(carried);
    auto& figures = parties_.figures;
    figures.closed[reason_].add();
    figures.bytes_in.add(parties_.exchange.bytes_in());
    figures.bytes_out.add(parties_.exchange.bytes_out());
    co_return outcome;
}

// The first to end it is the reason.
void tunnel::note(websocket_end why) noexcept
{
    if (!std::exchange(noted_, true)) reason_ = why;
}

result<void> tunnel::outcome_of(result<void> carried)
{
    if (is_about_session(ended_)) return client_error(ended_, "the session of a WebSocket is over");
    if (ended_ != errc{} || frames_.closed()) return {};
    if (upload_.trouble()) return *upload_.trouble();
    return carried;
}

task<result<void>> tunnel::carry_to_client()
{
    for (;;) {
        if (ended_ != errc{} && frames_.at_boundary()) co_return co_await say_goodbye();
        if (!application_.unread().empty()) {
            auto const passed = co_await pass_on();
            if (!passed) co_return passed;
            continue;
        }
        if (application_.how_it_ended() != ending::none) co_return co_await application_ended();
        if (!application_.readable()) co_await application_.wait_readable();
        application_.mark_read();
    }
}

// Once it is to end, no further than to the end of a frame.
task<result<void>> tunnel::pass_on()
{
    auto const unread = application_.unread();
    std::string_view part{unread.data(), unread.size()};
    if (ended_ != errc{}) part = part.substr(0, frames_.follow(part));
    else frames_.follow_all(part);
    moved();
    if (frames_.closed()) note(websocket_end::application);
    writing_ = true;
    auto const written = co_await parties_.exchange.write({part, false});
    writing_ = false;
    if (!written) co_return written.error();
    application_.consume(part.size());
    co_return result<void>{};
}

task<result<void>> tunnel::say_goodbye()
{
    said_all_ = true;
    auto const code = is_about_session(ended_) ? close_code::session_ended : close_code::going_away;
    auto const frame = http::websocket::close_frame(code);
    std::string_view const text{frame.data(), frames_.closed() ? 0 : frame.size()};
    auto const said = co_await parties_.exchange.write({text, true});
    application_.shut(ending::shut);
    co_return said;
}

task<result<void>> tunnel::application_ended()
{
    switch (application_.how_it_ended()) {
    case ending::closed: {
        note(websocket_end::application);
        said_all_ = true;
        auto const said = co_await parties_.exchange.write({{}, true});
        co_return said;
    }
    case ending::timed_out: co_return upstream_error(errc::upstream_timeout, "the application takes nothing of a WebSocket");
    case ending::broken: co_return upstream_error(errc::upstream_broken, "the application broke off a WebSocket");
    default: co_return client_went_away();
    }
}

bool tunnel::end(errc why) noexcept
{
    if (ended_ != errc{}) return false;
    ended_ = why;
    note(reason_for(why));
    upload_.cancel();
    parties_.deadlines.arm_after(farewell_, farewell);
    // Whoever waits for the application stops to; between two frames there is nothing to wait for.
    if (said_all_ || (frames_.at_boundary() && !writing_)) application_.shut(ending::shut);
    return true;
}

void tunnel::hear_client(std::string_view part) noexcept
{
    moved();
    client_frames_.follow_all(part);
    if (client_frames_.closed()) note(websocket_end::client);
}

void tunnel::moved() noexcept
{
    parties_.deadlines.arm_after(idle_, parties_.idle);
}

void tunnel::cut() noexcept
{
    application_.shut(ending::shut);
    parties_.exchange.abort();
}

} // namespace yett::upstream
