#pragma once

#include "gateway/base/async/task.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace yett {
inline namespace base {

// Runs one coroutine on a loop of its own and returns what it returned, or throws what it
// threw: for start-up, commands and tests, which have nothing else to do meanwhile.
//
// The loop ends when nothing is left to do on it, so what the work started is done, too.
template<class T>
T run_to_end(task<T> work)
{
    boost::asio::io_context loop{1};
    std::optional<T> outcome;
    std::exception_ptr failure;
    auto const finish = [&](std::exception_ptr const& thrown, T value) {
        failure = thrown;
        outcome.emplace(std::move(value));
    };
    boost::asio::co_spawn(loop, std::move(work), finish);
    loop.run();
    if (failure) std::rethrow_exception(failure);
    return std::move(*outcome);
}

// The same for work that returns nothing.
inline void run_to_end(task<void> work)
{
    boost::asio::io_context loop{1};
    std::exception_ptr failure;
    boost::asio::co_spawn(loop, std::move(work), [&](std::exception_ptr const& thrown) { failure = thrown; });
    loop.run();
    if (failure) std::rethrow_exception(failure);
}

} // namespace base
} // namespace yett
