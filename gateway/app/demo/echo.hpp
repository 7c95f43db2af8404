#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace yett::app {

// The sample application of the demo and the tests: no authentication, and it tells
// everything it was sent. Serves on a thread of its own until it is destroyed.
//
//   /healthz        200
//   /echo           sends the request's body back while it arrives (POST, PUT)
//   /bytes/N        N bytes
//   /slow/MS        answers after so many milliseconds
//   /status/N       an empty reply with that status
//   anything else   JSON: method, target, headers, body_bytes
class echo_server
{
public:
    // "address:port"; port 0 takes a free one. Throws startup_error.
    explicit echo_server(std::string_view address);
    ~echo_server();
    echo_server(echo_server const&) = delete;
    echo_server& operator=(echo_server const&) = delete;

    // "address:port" with the real port.
    std::string address() const;
    // Returns on SIGINT or SIGTERM.
    void wait();

private:
    class acceptor;
    std::unique_ptr<acceptor> acceptor_;
};

} // namespace yett::app
