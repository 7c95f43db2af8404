#pragma once

namespace yett::app {

// Reads the command line, runs the command and returns the exit status. What goes wrong at
// start-up is printed to standard error.
int run_command_line(int argc, char const* const* argv);

} // namespace yett::app
