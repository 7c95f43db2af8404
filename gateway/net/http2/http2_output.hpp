#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/async/waiter.hpp"
#include "gateway/http2/engine.hpp"

#include <cstdint>
#include <string>

namespace yett::net {

class client_connection;

// What an HTTP/2 connection has to say, gathered from its streams and sent in few writes: whatever is offered within one turn
// of the event loop leaves together at its end.
//
// No more is gathered than a few records while a client takes nothing, however many streams have something to say: the rest
// stays where it lies, with whoever offered it.
class http2_output
{
public:
    http2_output(client_connection& home, http2::engine& engine);
    http2_output(http2_output const&) = delete;
    http2_output& operator=(http2_output const&) = delete;

    // Takes what there is now as far as it finds room, sends on where there is more than that, and sees to it that the
    // rest is sent when the turn ends. Not from within a call of the engine's.
    void push();
    // Sends what goes without waiting; the rest is poured out behind everybody's back.
    void flush();
    // Nothing waits to be sent, or nothing can be any more.
    bool settled() const noexcept;
    // Waits until that is so.
    task<void> drained();
    // The client is gone, or took nothing for too long.
    bool failed() const noexcept { return failed_; }
    // Gives back what it holds, where that is nothing.
    void rest() noexcept;

private:
    class let_go;

    bool gather();
    bool send_now();
    void flush_later();
    void start_pouring();
    task<void> pour();
    void look();

    client_connection& home_;
    http2::engine& engine_;
    std::string gathered_;
    std::string going_; // while it is poured
    waiter ended_;
    deadlines::entry late_;
    steady_time moved_at_{};
    std::uint64_t taken_ = 0; // by the client, at the last look
    bool posted_ = false;
    bool pouring_ = false;
    bool failed_ = false;
};

} // namespace yett::net
