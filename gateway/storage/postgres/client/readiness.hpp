#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"

#include <memory>

namespace yett::storage::postgres {

// Waits for a socket that a library owns: on a descriptor of its own for the same socket, so
// that neither closes it for the other.
class readiness
{
public:
    enum : unsigned
    {
        reading = 1,
        writing = 2,
    };

    readiness(executor const& on, int socket);
    ~readiness();
    readiness(readiness&&) noexcept;
    readiness& operator=(readiness&&) noexcept;

    // Until one of `what` is possible; false when the time was over first. One coroutine at
    // a time.
    task<bool> wait(unsigned what, steady_time deadline);
    // Ends the wait as its deadline would; on its thread.
    void interrupt();

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace yett::storage::postgres
