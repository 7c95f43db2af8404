#pragma once

#include <cstdint>

namespace yett::console {

// A bar on the terminal of standard error; nothing at all elsewhere.
class progress
{
public:
    // `total` in the unit of `show`; 0 when nobody knows it.
    explicit progress(std::uint64_t total);
    ~progress(); // wipes the bar
    progress(progress const&) = delete;
    progress& operator=(progress const&) = delete;

    void show(std::uint64_t done, std::uint64_t rows);
    // Before something else is printed.
    void wipe();

private:
    std::uint64_t total_;
    bool on_terminal_;
    bool shown_ = false;
};

} // namespace yett::console
