#pragma once

#include "gateway/base/async/run_to_end.hpp"

#include <boost/asio/detached.hpp>

#include <thread>
#include <vector>

namespace yett::tests {

template<class T>
T run(task<T> work)
{
    return run_to_end(std::move(work));
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
