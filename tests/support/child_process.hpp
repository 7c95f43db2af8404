#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace yett::tests {

// In the new process, after a fork: becomes that program, whose output is added to the file `log`. It gets the
// signal `when_we_end` if this program ends first.
[[noreturn]] void become(std::vector<std::string> const& command, std::string const& log, int when_we_end);

// On the loopback, of TCP.
std::uint16_t free_port();

} // namespace yett::tests
