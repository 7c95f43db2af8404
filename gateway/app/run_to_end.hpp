#pragma once

#include "gateway/base/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>

namespace yett::app {

// Runs one coroutine on a loop of its own and returns what it returned: for start-up and
// for commands, which have nothing else to do meanwhile.
template<class T>
T run_to_end(task<T> work)
{
    boost::asio::io_context loop{1};
    std::optional<T> outcome;
    std::exception_ptr failure;
    auto finish = [&](std::exception_ptr thrown, T value) {
        failure = std::move(thrown);
        outcome.emplace(std::move(value));
    };
    boost::asio::co_spawn(loop, std::move(work), finish);
    loop.run();
    if (failure) std::rethrow_exception(failure);
    return std::move(*outcome);
}

} // namespace yett::app
