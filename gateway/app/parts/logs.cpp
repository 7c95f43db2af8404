#include "gateway/app/parts/logs.hpp"

#include "gateway/app/parts/startup_error.hpp"

#include <optional>

// One sink for each target, however many logs write to it: two writers on one file would cut each
// other's lines. The format is chosen by sink, since the same program may write text to a terminal
// and JSON to a file.

namespace yett::app {
namespace {

std::optional<std::string> target_of(config::log_target const& t)
{
    using kind = config::log_target::kind;
    switch (t.is) {
    case kind::off: return std::nullopt;
    case kind::standard_output: return "stdout";
    case kind::standard_error: return "stderr";
    case kind::file: return t.file.string();
    }
    return std::nullopt;
}

telemetry::level level_of(config::log_level l)
{
    switch (l) {
    case config::log_level::debug: return telemetry::level::debug;
    case config::log_level::info: return telemetry::level::info;
    case config::log_level::warning: return telemetry::level::warning;
    case config::log_level::error: return telemetry::level::error;
    }
    return telemetry::level::info;
}

} // namespace

logs::logs(config::logging const& settings) : settings_{settings}
{
    auto& errors = sink("stderr");
    program_ = std::make_unique<telemetry::log>(errors, format_for(errors), level_of(settings.level));
    audit_ = std::make_unique<telemetry::audit_log>();
    if (auto const target = target_of(settings.audit)) {
        auto& to = sink(*target);
        audit_ = std::make_unique<telemetry::audit_log>(to, format_for(to));
    }
}

telemetry::access_log logs::make_access_log()
{
    auto const target = target_of(settings_.access);
    if (!target) return {};
    auto& to = sink(*target);
    return {to, format_for(to)};
}

void logs::record(accounts::audit_event const& event) noexcept
{
    telemetry::audit_record r;
    r.at = event.at;
    r.event = event.name;
    r.user_id = event.user_id;
    r.session = event.session;
    r.key = event.key;
    r.client_ip = event.client;
    r.by = event.by;
    r.reason = event.reason;
    audit_->write(r);
}

void logs::reopen()
{
    for (auto const& [target, each] : sinks_)
        if (auto done = each->reopen(); !done) program_->error("a log could not be opened anew", done.error());
}

std::vector<std::pair<std::string, std::uint64_t>> logs::dropped() const
{
    std::vector<std::pair<std::string, std::uint64_t>> all;
    for (auto const& [target, each] : sinks_)
        for (auto& stream : each->dropped()) all.push_back(std::move(stream));
    return all;
}

telemetry::log_sink& logs::sink(std::string const& target)
{
    auto& held = sinks_[target];
    if (held) return *held;
    auto opened = telemetry::log_sink::open(target);
    if (!opened) throw startup_error{startup_error::blame::configuration, "logging: " + describe(opened.error())};
    held = std::move(*opened);
    return *held;
}

telemetry::line_format logs::format_for(telemetry::log_sink const& s) const
{
    if (settings_.format == config::log_format::text) return telemetry::line_format::text;
    if (settings_.format == config::log_format::json) return telemetry::line_format::json;
    return s.is_terminal() ? telemetry::line_format::text : telemetry::line_format::json;
}

} // namespace yett::app
