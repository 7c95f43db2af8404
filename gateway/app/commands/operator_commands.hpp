#pragma once

#include <functional>

namespace CLI {
class App;
} // namespace CLI

namespace yett::app {

// Adds `yett users …`, `yett sessions …` and the other groups of the table of verbs.
// Whoever calls runs `chosen` once the command line was read.
void add_operator_commands(CLI::App& cli, std::function<int()>& chosen);

} // namespace yett::app
