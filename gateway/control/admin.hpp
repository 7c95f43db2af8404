#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"
#include "gateway/control/control_reply.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::control {

// One thing that has to be in order before this node should get traffic.
struct readiness_check
{
    std::string name;
    std::function<std::optional<std::string>()> why_not; // nothing: it is in order
    std::function<std::string()> remark{};               // beside what is in order; may be null
};

// What the management listener tells, asked anew for each request and on its thread.
struct admin_answers
{
    std::function<std::string()> metrics; // Prometheus text format
    std::vector<readiness_check> ready;
};

// GET and HEAD of /metrics, /livez and /readyz; 404 and 405 otherwise. /readyz answers 503
// while a check says why not; `?verbose` lists all of them with their reasons.
control_reply answer_admin(admin_answers const& ask, std::string_view method, std::string_view target);

// The management listener: for Prometheus, probes and people of this machine or network,
// never for the clients of the gateway. It has no authentication of its own, which is why
// it is bound to loopback unless the configuration says otherwise. At most 64 connections, of
// which the one that waits the longest makes room for the next; small heads, no bodies.
class admin
{
public:
    // `host` is an IP address without brackets; port 0 takes a free one. Runs on `control`,
    // whose thread is the only one to use the object once it runs. Fails with `internal`.
    static result<std::unique_ptr<admin>> listen(boost::asio::io_context& control, std::string const& host, std::uint16_t port,
                                                 admin_answers ask);
    ~admin(); // stops
    admin(admin const&) = delete;
    admin& operator=(admin const&) = delete;

    std::uint16_t port() const noexcept;
    // Closes the port. Connections that are open get no further answer: what the answers
    // refer to may be gone after this.
    void stop();

private:
    class server;
    explicit admin(std::shared_ptr<server> d);

    std::shared_ptr<server> server_;
};

} // namespace yett::control
