#pragma once

#include "gateway/base/async/task.hpp"

#include <utility>

namespace yett {
inline namespace base {

// A task that waits for nothing, for a function that returns a task and is no coroutine itself.
template<typename T>
task<T> ready(T value)
{
    co_return std::move(value);
}

} // namespace base
} // namespace yett
