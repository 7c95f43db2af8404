#pragma once

#include "benchmarks/load/clock.hpp"
#include "benchmarks/load/reply_reader.hpp"
#include "benchmarks/load/sessions.hpp"

#include <algorithm>
#include <cerrno>
#include <openssl/err.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace load {

constexpr std::size_t block_bytes = 64 << 10; // of a body, sent or read at once

enum class io
{
    done,
    again,
    ended
};

// A socket, with TLS or without, and the one request that is on it.
struct connection
{
    enum class state
    {
        closed,
        connecting,
        idle,
        busy,
        ending
    };

    int fd = -1;
    std::size_t number = 0;
    state is = state::closed;
    openssl<SSL> tls;
    nanoseconds planned = 0;
    std::string out;
    std::size_t sent = 0;
    std::uint64_t body_left = 0;
    reply_reader reply;
    bool waits_to_write = false;
    bool pending = false;       // a request waits for it to be connected
    std::uint64_t answered = 0; // requests, since it was connected; kept when it is closed

    io outcome(ssize_t count) const
    {
        if (count > 0) return io::done;
        if (!tls) return count < 0 && errno == EAGAIN ? io::again : io::ended;
        auto const error = SSL_get_error(tls.get(), static_cast<int>(count));
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? io::again : io::ended;
    }

    ssize_t write(void const* data, std::size_t size) const
    {
        return tls ? SSL_write(tls.get(), data, static_cast<int>(size)) : ::send(fd, data, size, MSG_NOSIGNAL);
    }

    ssize_t read(char* data, std::size_t size) const
    {
        return tls ? SSL_read(tls.get(), data, static_cast<int>(size)) : ::recv(fd, data, size, 0);
    }

    // A reply that is whole may have been followed by more that no event will tell of.
    bool has_more() const { return tls && SSL_has_pending(tls.get()) != 0; }

    // Small bodies go out with their head.
    io send_on()
    {
        static std::string const block(block_bytes, 'x');
        for (;;) {
            auto const head = sent < out.size();
            if (!head && body_left == 0) return io::done;
            auto const count = head ? write(out.data() + sent, out.size() - sent)
                                    : write(block.data(), std::min<std::uint64_t>(block.size(), body_left));
            if (auto const how = outcome(count); how != io::done) return how;
            if (head) sent += static_cast<std::size_t>(count);
            else body_left -= static_cast<std::uint64_t>(count);
        }
    }

    void close()
    {
        // Else OpenSSL takes a connection that ended before its tickets came for a broken one, and its tickets back.
        if (tls) SSL_set_shutdown(tls.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        tls.reset();
        ERR_clear_error(); // else SSL_get_error reads of others what happened to this one
        if (fd >= 0) ::close(fd);
        fd = -1;
        is = state::closed;
    }
};

} // namespace load
