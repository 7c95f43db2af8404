#pragma once

#include "config/values/settings.hpp"
#include "gateway/telemetry/log.hpp"

#include <string>

namespace yett::app {

// How many connections to PostgreSQL one program opens at most.
unsigned connections_of(config::settings const& s);

// What several of them need; for an operator who plans.
std::string say_connections(unsigned each);

// Logs the share of what the server takes, at the start. Nothing for another storage.
void tell_of_connections(config::settings const& s, telemetry::log& to);

} // namespace yett::app
