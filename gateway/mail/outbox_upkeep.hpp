#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/mail/mail_worker_options.hpp"

namespace yett::telemetry {
class log;
} // namespace yett::telemetry

namespace yett::mail {

// What the outbox needs beside letters being brought away: its figures are shown, and marks that are no longer needed
// are removed.
class outbox_upkeep
{
public:
    // They outlive it.
    struct dependencies
    {
        accounts::outbox& outbox;
        telemetry::log& log;
        mail_worker_options const& options;
        mail_worker_figures& figures;
    };
    explicit outbox_upkeep(dependencies d) : dependencies_{d} {}

    // Does so if it is due: every five seconds, or every five polls where those are shorter.
    task<void> look(steady_time now);

private:
    dependencies const dependencies_;
    steady_time next_look_{};
};

} // namespace yett::mail
