#pragma once

#include <string>
#include <string_view>

namespace yett::control {

// Whoever started the program and wants to hear how it is, by sd_notify(3): datagrams of lines
// `NAME=value`. Nothing depends on being heard, so nothing here fails.
class service_manager
{
public:
    // `socket` is a path from the root, or a name behind '@' that no file system knows; empty: nobody wants to hear.
    explicit service_manager(std::string const& socket);
    ~service_manager();
    service_manager(service_manager const&) = delete;
    service_manager& operator=(service_manager const&) = delete;

    bool listens() const noexcept { return descriptor_ >= 0; }
    // "READY=1", "STOPPING=1\nSTATUS=…". Waits while the manager's queue is full, as libsystemd does.
    void tell(std::string_view lines) const noexcept;

private:
    int descriptor_ = -1; // connected
};

} // namespace yett::control
