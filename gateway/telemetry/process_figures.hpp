#pragma once

namespace yett::telemetry {

// What the operating system knows of this process, under the names every Prometheus
// client library uses. A figure the system does not tell is 0.
struct process_figures
{
    double cpu_seconds = 0;
    double resident_bytes = 0;
    double virtual_bytes = 0;
    double open_fds = 0;
    double max_fds = 0;
    double started_at = 0; // seconds since the epoch
};

process_figures read_process_figures();

} // namespace yett::telemetry
