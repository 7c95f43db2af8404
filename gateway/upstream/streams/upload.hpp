#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/async/waiter.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/exchange.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <exception>
#include <memory>
#include <optional>

namespace yett::upstream {

// Carries the rest of a request's body to the server while the reply is awaited or read. How its parts are
// spelled and when the server takes them is for those who derive from it.
class upload
{
public:
    explicit upload(http::exchange& from) : exchange_{from} {}
    virtual ~upload() = default;
    upload(upload const&) = delete;
    upload& operator=(upload const&) = delete;

    // Starts a coroutine of its own. Whoever calls awaits `stop` before the upload dies.
    void start(executor const& on);
    // Ends it if it has not ended, and waits for that.
    task<void> stop();
    // Ends it, without waiting for that.
    void cancel() noexcept;
    // Waits for its end.
    task<void> finished();

    // From now on the reply's deadlines are its reader's alone.
    void reply_began() noexcept { reply_began_ = true; }
    bool running() const noexcept { return running_; }
    // True when the whole body was sent.
    bool complete() const noexcept { return complete_; }
    // What went wrong on the client's side. The request was given up on account of it; what goes wrong at
    // the server's is seen by whoever reads the reply.
    std::optional<error> const& trouble() const noexcept { return trouble_; }

protected:
    // Sends the next part of the body. True when there is more to carry.
    virtual task<bool> carry_part() = 0;
    // The request can come to nothing any more: the server is told so, and whoever waits for it wakes up.
    virtual void give_up() noexcept = 0;
    // Nothing of the body will follow, so that a reply may be expected.
    virtual void await_reply() noexcept = 0;

    // The next part, as `http::exchange::read_body` gives it; nothing when there will be none, and then it is over.
    task<std::optional<http::message_part>> next_part();
    void fail(error why);
    // All of it was sent.
    void finish() noexcept;
    // A reply has begun, whose deadlines are none of ours.
    bool has_reply() const noexcept { return reply_began_; }

private:
    class on_end;

    // Part by part, until the body has ended, the server takes no more, or somebody ends it.
    task<void> carry();
    void ended(std::exception_ptr const& thrown) noexcept;

    http::exchange& exchange_;
    std::optional<error> trouble_;
    std::shared_ptr<boost::asio::cancellation_signal> cancel_;
    waiter end_;
    bool running_ = false;
    bool stopping_ = false;
    bool complete_ = false;
    bool reply_began_ = false;
};

} // namespace yett::upstream
