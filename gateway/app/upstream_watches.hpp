#pragma once

#include "config/values/settings.hpp"
#include "gateway/base/async/deadlines.hpp"
#include "gateway/control/admin.hpp"
#include "gateway/management/context.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "gateway/upstream/balancing/server_set.hpp"
#include "gateway/upstream/cluster/server_tls.hpp"
#include "gateway/upstream/health/health_checks.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace yett::app {

class logs;

// What the process knows of the servers of each application: what workers share, who asks them whether they are
// well, and what operators are told. Lives on the control loop; the sets are for every thread.
class upstream_watches
{
public:
    using sets_by_name = std::map<std::string, std::shared_ptr<upstream::server_set>>;

    // How the https servers of an upstream are spoken to; failures are told when workers are made.
    using tls_reader = std::function<result<std::shared_ptr<transport::tls_client_context>>(config::upstream const&)>;

    upstream_watches(boost::asio::io_context& control, config::settings const& s, unsigned workers, logs& reports,
                     tls_reader const& read_tls);

    sets_by_name const& sets() const noexcept { return sets_; }
    // Speaks to the https servers of that upstream like this from now on.
    void use(std::string const& upstream, std::shared_ptr<transport::tls_client_context> how);
    // Begins to ask, and to log what changes.
    void run();

    void report(telemetry::observations& into) const;
    // One for each application, and never a reason to be sent no requests: another node's view would be the same, and the
    // endpoints of our own are well.
    std::vector<control::readiness_check> checks() const;
    std::vector<management::upstream_row> rows() const;

private:
    void look_later();
    void tell_changes();

    void speak_tls(std::string const& name, upstream::forward_options& to, std::shared_ptr<transport::tls_client_context> how);

    logs& logs_;
    sets_by_name sets_;
    transport::buffer_pool records_;
    std::map<std::string, std::shared_ptr<upstream::server_tls>> tls_; // of upstreams that are asked by https
    base::deadlines wheel_; // of the checks' connections
    boost::asio::steady_timer next_look_;
    telemetry::upstream_figures unseen_; // connections of checks are not those of requests
    std::deque<upstream::health_checks> checks_;
};

} // namespace yett::app
