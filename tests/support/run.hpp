#pragma once

#include "gateway/base/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <exception>
#include <optional>
#include <thread>
#include <vector>

namespace yett::tests {

// Runs one coroutine to its end on this thread and returns what it returned.
template<class T>
T run(task<T> work)
{
    boost::asio::io_context io{1};
    std::optional<T> outcome;
    std::exception_ptr thrown;
    auto keep = [&](std::exception_ptr failure, T value) {
        thrown = failure;
        if (!failure) outcome.emplace(std::move(value));
    };
    boost::asio::co_spawn(io, std::move(work), keep);
    io.run();
    if (thrown) std::rethrow_exception(thrown);
    return std::move(outcome.value());
}

inline void run(task<void> work)
{
    boost::asio::io_context io{1};
    std::exception_ptr thrown;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr failure) { thrown = failure; });
    io.run();
    if (thrown) std::rethrow_exception(thrown);
}

// Starts `each(number)` count times on every one of `threads` event loops, and waits for
// all: what several workers do to something they share.
template<class Each>
void run_on_workers(unsigned threads, int count, Each const& each)
{
    std::vector<std::jthread> workers;
    for (unsigned w = 0; w < threads; ++w)
        workers.emplace_back([w, count, &each] {
            boost::asio::io_context io{1};
            for (int i = 0; i < count; ++i)
                boost::asio::co_spawn(io, each(static_cast<int>(w) * count + i), boost::asio::detached);
            io.run();
        });
}

} // namespace yett::tests
