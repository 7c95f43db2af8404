#pragma once

#include "gateway/base/clock.hpp"

#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace yett::app {

// One change to a user or an API key that a store out of a backup does not know of.
struct lost_change
{
    wall_time at{};
    std::string event; // as in the audit log
    std::string user_id;
    std::string key; // the id of an API key
    std::string by;
    std::string_view now_is; // what holds again without it, and what to do
};

// What was found, and how much of the log could be read: a log that begins too late tells only a
// part.
struct lost_changes
{
    std::vector<lost_change> all; // in the log's order
    std::size_t lines = 0;        // of the audit log that were read
    std::size_t unreadable = 0;   // those that are not of it, or in another format than JSON
    wall_time first{};            // the time of the first line that was read
    wall_time last{};
};

// What the lines of an audit log say happened to users and API keys from a moment on. Sessions
// are left out: all of them end anyway.
lost_changes find_lost_changes(std::istream& audit_log, wall_time since);

} // namespace yett::app
