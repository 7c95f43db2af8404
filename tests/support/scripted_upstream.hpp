#pragma once

#include "gateway/base/async/task.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace yett::tests {

// An application that does exactly what a test tells it, in raw bytes, on a loopback port
// and on the test's own event loop.
class scripted_upstream
{
public:
    class line;
    using script = std::function<task<void>(line&)>;

    // The n-th connection runs the n-th script; the last one serves all that follow.
    scripted_upstream(executor on, std::vector<script> scripts);
    ~scripted_upstream();
    scripted_upstream(scripted_upstream const&) = delete;
    scripted_upstream& operator=(scripted_upstream const&) = delete;

    std::uint16_t port() const noexcept;
    std::string url() const; // "http://127.0.0.1:port"
    void stop();             // further connections are refused

    std::size_t connections() const noexcept;
    // Every complete request (head, and body as framed) in the order they came.
    std::vector<std::string> const& requests() const noexcept;
    // All bytes that no complete request accounts for.
    std::string leftovers() const;

    // Answers any number of requests with the same bytes, on a kept connection.
    static script always(std::string reply);
    // Answers one request and closes.
    static script once(std::string reply);

private:
    struct state;
    static task<void> accept(std::shared_ptr<state> s);

    std::shared_ptr<state> state_;
};

// One accepted connection.
class scripted_upstream::line
{
public:
    using socket_type = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor>;

    line(socket_type socket, state& of) : socket_{std::move(socket)}, state_{of} {}

    // A whole request: head, and body as framed. Empty when the other side closed.
    task<std::string> request();
    // A head alone, blank line included.
    task<std::string> head();
    // Some more bytes; empty at the end.
    task<std::string> some();
    task<void> send(std::string_view text);
    void close(); // FIN, or RST when something was not read
    void reset(); // RST
    // Waits until the other side closes; what it sends is thrown away.
    task<void> closed();

    std::string& received() noexcept { return received_; }
    socket_type& socket() noexcept { return socket_; }

private:
    task<bool> more();

    socket_type socket_;
    state& state_;
    std::string received_;
};

} // namespace yett::tests
