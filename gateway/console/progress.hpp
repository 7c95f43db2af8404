#pragma once

#include <cstdint>
#include <string>

namespace yett::console {

// A bar on the terminal of standard error; nothing at all elsewhere.
class progress
{
public:
    // `total` in the unit of `done`; 0 when nobody knows it. `what` is counted beside the bar.
    progress(std::uint64_t total, std::string what);
    ~progress(); // wipes the bar
    progress(progress const&) = delete;
    progress& operator=(progress const&) = delete;

    // Draws over what it drew before.
    void show(std::uint64_t done, std::uint64_t counted);
    // Before something else is printed.
    void wipe();

private:
    std::uint64_t total_;
    std::string what_;
    bool on_terminal_;
    bool shown_ = false;
};

} // namespace yett::console
