#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/upstream/cluster/dependencies.hpp"
#include "gateway/upstream/cluster/server_connections.hpp"
#include "gateway/upstream/forward_options.hpp"

#include <deque>
#include <string>

namespace yett::upstream {

// When to ask a server again that was asked at `asked`: after the interval, less up to a fifth of it by `chance` (0
// to 1), so that many nodes do not ask at once. Less and never more: so many intervals bring a server back.
steady_time next_question(steady_time asked, milliseconds interval, double chance) noexcept;

// Asks the servers of one application whether they are well, each in its own time, and tells the set that all
// workers read. Once in a process, on one loop.
//
// A question is GET over a connection of its own, made as those of requests are and speaking what they speak; it is
// closed after the reply, so that a server that takes no connections any more is noticed, though kept ones may still
// serve.
class health_checks
{
public:
    // `of` has health checks and the set. `around` outlives this; its figures are shown to nobody.
    health_checks(forward_options const& of, dependencies const& around);
    health_checks(health_checks const&) = delete;
    health_checks& operator=(health_checks const&) = delete;

    // Asks all of them at once, and goes on until the loop ends.
    void start();

private:
    struct answer
    {
        bool well;
        std::string cause;
    };
    struct asked_server
    {
        asked_server(server_options const& of, pool_options const& pooled, health_check const& how, dependencies const& around);

        std::string const name;
        std::string const host; // that it is asked as
        server_connections connections;
    };
    task<void> watch(std::size_t which);
    task<answer> ask(asked_server& one);
    bool is_good(unsigned status) const noexcept;

    std::shared_ptr<server_set> const all_;
    health_check const how_;
    dependencies const around_;
    std::deque<asked_server> servers_;
};

} // namespace yett::upstream
