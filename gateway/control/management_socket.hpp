#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/control/control_reply.hpp"

#include <filesystem>
#include <functional>
#include <memory>

namespace yett::control {

// The way in for the command line: HTTP/1.1 over a Unix socket of mode 0600, for the user
// the program runs as and for root, whom the kernel names. Bodies up to `body_bytes_max`.
//
// A file that a killed process left behind is replaced; one that answers is somebody's, and
// the program does not start. The file goes when the listener stops.
class management_socket
{
public:
    static constexpr std::size_t body_bytes_max = std::size_t{4} << 20;
    // Runs on the control thread; the next request of the same connection waits for it.
    using answerer = std::function<task<control_reply>(control_request)>;

    // Makes the folder when it is missing. Fails with `internal` and a note for the operator.
    static result<std::unique_ptr<management_socket>> listen(boost::asio::io_context& control, std::filesystem::path const& file,
                                                             answerer answer);
    ~management_socket(); // stops
    management_socket(management_socket const&) = delete;
    management_socket& operator=(management_socket const&) = delete;

    // Closes the socket and removes its file. Answers that are under way are not sent.
    void stop();

private:
    class server;
    explicit management_socket(std::shared_ptr<server> d);

    std::shared_ptr<server> server_;
};

} // namespace yett::control
