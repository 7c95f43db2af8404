#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/error.hpp"
#include "gateway/upstream/cluster/cluster.hpp"
#include "gateway/upstream/forward_context.hpp"
#include "gateway/upstream/streams/attempt_rules.hpp"

#include <string>

namespace yett::telemetry {
struct upstream_figures;
} // namespace yett::telemetry

namespace yett::upstream {

class retry_budget;

// Where one request stands between the servers of its application: whose turn it is, and whether there
// may be another attempt. What the attempts before came to is kept for the log.
class course
{
public:
    // What all requests to the application share, and how often each may be sent again.
    struct terms
    {
        retry_budget& budget;
        telemetry::upstream_figures& figures;
        unsigned retries;
        bool several; // there is more than one server
    };
    course(cluster& servers, affinity const& who, terms const& with, observation& seen);

    server& to() const noexcept { return *to_; }
    // A kept connection was found dead: the next attempt is on a new one.
    bool wants_new_connection() const noexcept { return anew_; }
    // Whether `go_on` to another server may come to something. To be sure, try it.
    bool may_turn(steady_time now) const noexcept;

    // Both tell the server that is left behind what it did; of the last one whoever tried tells.
    //
    // Nothing of the request was sent, because no connection was to be had: on to the next server. That
    // spends neither retries nor their budget, as no server hears of the request twice.
    bool pass_over(error const& why);
    // The request was sent, or may have been: once more, where `to` says, if there are retries left and
    // something of their budget. False: that was the last attempt. `now` counts for the budget.
    bool go_on(next_attempt to, bool was_sent, error const& why, steady_time now);

private:
    bool turn_to_next();
    void note(std::string const& failure);

    cluster::candidates others_;
    server* to_;
    terms const with_;
    observation& seen_;
    unsigned left_;
    bool anew_ = false;
};

} // namespace yett::upstream
