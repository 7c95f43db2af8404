#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/upstream/cluster/connection.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>

namespace yett::upstream {

// Carries the rest of a request's body to the server while the reply is awaited or read.
class upload
{
public:
    // Of a tunnel's direction: bytes as they come, until the client sends no more.
    struct watcher
    {
        std::function<void(std::string_view)> moved; // these are about to be carried
        std::function<void()> over;                  // the client has said its last
    };
    struct plan
    {
        bool chunked; // else exactly `left` bytes are to follow
        std::uint64_t left;
        milliseconds reply_timeout;      // from the end of the body, until `reply_began`
        milliseconds idle_timeout;       // for each piece of progress
        watcher const* tunnel = nullptr; // outlives the upload
    };
    upload(http::exchange& ex, connection_ptr c, plan const& how);

    // Starts a coroutine of its own. Whoever calls awaits `stop` before the upload dies.
    void start(executor const& on);
    // Ends it if it has not ended, and waits for that.
    task<void> stop();
    // Ends it, without waiting for that.
    void cancel() noexcept;
    // Waits for its end.
    task<void> finished();

    void reply_began() noexcept { reply_began_ = true; }
    bool running() const noexcept { return running_; }
    // True when the whole body was sent.
    bool complete() const noexcept { return complete_; }
    // What went wrong on the client's side. The connection was shut on account of it; what
    // goes wrong at the server's is seen by whoever reads the reply.
    std::optional<error> const& trouble() const noexcept { return trouble_; }

private:
    class on_end;

    // Part by part, until the body has ended, the server takes no more, or somebody ends it.
    task<void> carry();
    // True when there is more to carry.
    task<bool> carry_part();
    task<bool> carry_through(std::string_view part);
    // False when the connection takes no more.
    task<bool> send(pieces p);
    void fail(error why);
    void finish() noexcept;
    void ended(std::exception_ptr const& thrown) noexcept;

    http::exchange& exchange_;
    connection_ptr connection_;
    plan plan_;
    std::optional<error> trouble_;
    std::shared_ptr<boost::asio::cancellation_signal> cancel_;
    waiter end_;
    bool running_ = false;
    bool stopping_ = false;
    bool complete_ = false;
    bool reply_began_ = false;
};

} // namespace yett::upstream
