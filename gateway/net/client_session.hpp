#pragma once

#include "gateway/base/async/task.hpp"

#include <string_view>

namespace yett::net {

// What becomes of a connection when its session returns.
enum class disposition : unsigned char
{
    quiet,        // it closes: nothing the client waits for
    parked,       // it does not end: the session goes on when the client says something
    lingering,    // it closes behind a reply that a reset must not overtake
    broken,       // it is reset: what was sent must not pass for the whole
    speaks_http2, // it does not end: another session goes on, with what this one has `received`
};

// A protocol on a client's connection. It hands exchanges over, and says at its end what becomes of the connection.
class client_session
{
public:
    virtual ~client_session() = default;

    // Until the connection is to end or be parked; may be called again after it was.
    virtual task<disposition> serve() = 0;
    // Forgets the exchange that `serve` ended in.
    virtual void leave_exchange() noexcept {}
    // Ends when nothing is running on it, as far as that is its own affair: true when it sees to that. False when
    // nothing is, so that the connection may end at once; whatever the protocol says then was said.
    virtual bool drain() = 0;
    // A request was answered on it.
    virtual bool was_used() const noexcept = 0;
    // The connection was reset.
    virtual void client_is_gone() = 0;
    // What was taken off the stream and belongs to whoever comes after; valid as long as the session.
    virtual std::string_view received() const noexcept { return {}; }
};

} // namespace yett::net
