#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/transport/byte_stream.hpp"
#include "gateway/upstream/addresses/server_address.hpp"

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
//
// It speaks as YETT_TEST_UPSTREAM says, so that what is tested holds whatever is below HTTP: in clear, or
// with TLS ("https"), or on a socket in a folder ("unix").
class scripted_upstream
{
public:
    class line;
    using script = std::function<task<void>(line&)>;

    // The n-th connection runs the n-th script; the last one serves all that follow.
    scripted_upstream(executor on, std::vector<script> scripts, upstream::server_scheme over = scheme_under_test());
    ~scripted_upstream();
    scripted_upstream(scripted_upstream const&) = delete;
    scripted_upstream& operator=(scripted_upstream const&) = delete;

    static upstream::server_scheme scheme_under_test();
    std::uint16_t port() const; // not on a socket in a folder
    std::string url() const;    // "http://127.0.0.1:port", "unix:/path"
    // The same, with what its certificate is checked by.
    upstream::server_address address() const;
    // Makes of any address one that is called with TLS, whoever answers there.
    static void expect_tls(upstream::server_address& of);
    void stop(); // further connections are refused

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
    static task<void> play(std::shared_ptr<state> s, std::shared_ptr<line> on, script what);

    std::shared_ptr<state> state_;
};

// One accepted connection.
class scripted_upstream::line
{
public:
    line(transport::stream_socket socket, state& of);

    // A whole request: head, and body as framed. Empty when the other side closed.
    task<std::string> request();
    // A head alone, blank line included.
    task<std::string> head();
    // Some more bytes; empty at the end.
    task<std::string> some();
    task<void> send(std::string_view text);
    void close(); // with TLS's goodbye where it is spoken; FIN, or RST when something was not read
    void cut();   // the same without a goodbye
    void reset(); // RST
    // Waits until the other side closes; what it sends is thrown away.
    task<void> closed();

    std::string& received() noexcept { return received_; }
    bool resumed() const; // the session of an earlier connection; with TLS alone
    bool is_open() const noexcept { return stream_->socket().is_open(); }
    // Lets the others on the loop go first.
    task<void> pass_on();

private:
    friend class scripted_upstream;
    task<bool> shake_hands();
    task<bool> more();

    state& state_;
    std::unique_ptr<transport::byte_stream> stream_;
    std::string received_;
};

} // namespace yett::tests
