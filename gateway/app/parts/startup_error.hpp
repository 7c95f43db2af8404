#pragma once

#include <stdexcept>
#include <string>

namespace yett::app {

// Why the program does not start, in words for the operator. Thrown at start-up only.
class startup_error : public std::runtime_error
{
public:
    // As in <sysexits.h>: 78 is the configuration's fault, 69 that something it needs is not there.
    enum class blame : int
    {
        unavailable = 69,
        configuration = 78,
    };

    // For commands that complain themselves and only need the status.
    static constexpr int exit_status_of(blame whose) noexcept { return static_cast<int>(whose); }

    startup_error(blame whose, std::string const& why) : std::runtime_error{why}, whose_{whose} {}
    int exit_status() const noexcept { return exit_status_of(whose_); }

private:
    blame whose_;
};

} // namespace yett::app
