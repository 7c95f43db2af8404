#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"

#include <functional>
#include <memory>

namespace yett::storage::redis {

// Calls somebody back at a moment, once, unless this object has gone by then. On its loop's thread.
class time_limit
{
public:
    time_limit(executor const& on, steady_time at, std::function<void()> expired);
    ~time_limit();
    time_limit(time_limit const&) = delete;
    time_limit& operator=(time_limit const&) = delete;

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace yett::storage::redis
