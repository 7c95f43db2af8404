#pragma once

#include "config/values/settings.hpp"
#include "gateway/accounts/audit_sink.hpp"
#include "gateway/telemetry/access_log.hpp"
#include "gateway/telemetry/audit_log.hpp"
#include "gateway/telemetry/log.hpp"
#include "gateway/telemetry/log_sink.hpp"

#include <map>
#include <memory>
#include <string>

namespace yett::app {

// The three streams of a running gateway. The program's own log goes to standard error;
// streams with the same target share one writer.
class logs final : public accounts::audit_sink
{
public:
    // Throws startup_error when a target cannot be opened.
    explicit logs(config::logging const& settings);

    telemetry::log& program() noexcept { return *program_; }
    // One for each worker.
    telemetry::access_log make_access_log();
    void record(accounts::audit_event const& event) noexcept override;

    // Opens files by their names again, after whoever rotates logs has moved them (USR1).
    void reopen();
    // Stream and lines, for figures.
    std::vector<std::pair<std::string, std::uint64_t>> dropped() const;

private:
    telemetry::log_sink& sink(std::string const& target);
    telemetry::line_format format_for(telemetry::log_sink const& s) const;

    config::logging const settings_;
    std::map<std::string, std::unique_ptr<telemetry::log_sink>> sinks_;
    std::unique_ptr<telemetry::log> program_;
    std::unique_ptr<telemetry::audit_log> audit_;
};

} // namespace yett::app
