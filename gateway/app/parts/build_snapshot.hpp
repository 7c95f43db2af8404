#pragma once

#include "config/reading/complaint.hpp"
#include "config/values/settings.hpp"
#include "gateway/base/random.hpp"
#include "gateway/limits/memory_counters.hpp"
#include "gateway/pipeline/request/snapshot.hpp"

#include <memory>
#include <string>
#include <vector>

namespace yett::telemetry {
class metrics;
} // namespace yett::telemetry

namespace yett::app {

// The rules of a configuration, Yett's own endpoints first: what `config` cannot check
// because it takes compiling them.
struct compiled_rules
{
    std::optional<policies::route_table> routes; // absent when there is an error
    std::vector<config::complaint> complaints;
};
compiled_rules compile_rules(config::settings const& s);

// What requests are answered by. `waiting_key` is page_settings::waiting_key, of the snapshot before if there is one.
// The settings must have no complaints; throws startup_error when they have all the same, or the logo cannot be read.
std::shared_ptr<pipeline::snapshot const> build_snapshot(config::settings const& s,
                                                         std::shared_ptr<limits::memory_counters> counting,
                                                         telemetry::metrics& figures, std::string waiting_key = random_bytes(32));

} // namespace yett::app
