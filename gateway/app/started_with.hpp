#pragma once

#include "config/reading/document.hpp"
#include "gateway/telemetry/log.hpp"

#include <filesystem>

namespace yett::app {

// The configuration file that the program was started with, as it was then.
class started_with
{
public:
    // Without a file, as in the demonstration, nothing ever changes.
    explicit started_with(std::filesystem::path file);

    // Says in the log what differs in the file now, and that only a restart applies it, or
    // that a restart would fail. Names of settings, never their values.
    void tell_of_changes(telemetry::log& to) const;

private:
    std::filesystem::path file_;
    config::document then_; // without its texts, some of which are secrets
};

} // namespace yett::app
