#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/fields/websocket.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "gateway/upstream/streams/http1_upload.hpp"

#include <string_view>

namespace yett::upstream {

// A WebSocket between a client and the application, after 101: bytes both ways as they
// are, each direction at the pace of whoever takes them, through the buffers the two
// connections have anyway. Either side may end its direction and still be spoken to.
//
// The application's frames are followed, not read, so that a close frame of ours can be
// put where one of its own could stand.
class tunnel
{
public:
    struct parties
    {
        http::exchange& exchange;   // has answered 101
        connection_ptr application; // has sent it; more may be unread
        base::executor executor;
        base::deadlines& deadlines;
        telemetry::websocket_figures& figures;
        milliseconds idle; // without a byte in either direction
    };
    explicit tunnel(parties const& p);
    ~tunnel();
    tunnel(tunnel const&) = delete;
    tunnel& operator=(tunnel const&) = delete;

    // Until both directions have ended. Fails when one was cut rather than ended, or
    // with what `end` was called with when that was about the session.
    task<result<void>> run();
    // Ends it from outside: token_revoked and token_expired close with 4001, stopping and
    // timed_out with 1001. A client that does not take so much, or an application in the
    // middle of a long frame, is cut off a moment later.
    bool end(errc why) noexcept;

    bool running() const noexcept { return upload_.running(); }
    task<void> join() { return upload_.stop(); }
    // Why it ended, as metrics and logs say it.
    telemetry::websocket_end reason() const noexcept { return reason_; }

private:
    // The application's direction, in the coroutine of the request; the client's is the upload's.
    task<result<void>> carry_to_client();
    task<result<void>> pass_on();
    task<result<void>> say_goodbye();
    task<result<void>> application_ended();
    result<void> outcome_of(result<void> carried);
    void note(telemetry::websocket_end why) noexcept;
    void hear_client(std::string_view part) noexcept;
    void moved() noexcept;
    // Ends both directions at once, without a word.
    void cut() noexcept;

    parties const parties_;
    connection& application_;
    http::websocket::frames frames_; // of the application
    http::websocket::frames client_frames_;
    http1_upload::watcher const client_says_;
    http1_upload upload_;
    base::deadlines::entry idle_;
    base::deadlines::entry farewell_;
    telemetry::websocket_end reason_ = telemetry::websocket_end::broken;
    errc ended_{}; // zero: not from outside
    bool noted_ = false;
    bool writing_ = false;  // to the client
    bool said_all_ = false; // nothing more can be said to it
};

} // namespace yett::upstream
