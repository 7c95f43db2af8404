#pragma once

#include "gateway/base/boot_time.hpp"

#include <atomic>

namespace yett::storage::postgres {

// What time it is on the server. Reckoned from the time since this machine was started, which nobody
// sets: a wall clock that jumps here changes nothing. Any thread.
class server_clock
{
public:
    // That of this machine until the server has told its own once.
    wall_time now() const noexcept;

    // The server said so after `asked` and before `told`.
    void note(boot_time asked, boot_time told, wall_time said) noexcept;

private:
    static constexpr milliseconds unknown = milliseconds::min();
    std::atomic<milliseconds> started_{unknown}; // the server's time when this machine was started
};

} // namespace yett::storage::postgres
