#pragma once

#include "gateway/base/async/wait_until.hpp"
#include "gateway/storage/redis/client/redis_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <utility>

namespace yett::tests {

// A loop with a client on it, which turns only while a test waits for something.
struct redis_loop
{
    explicit redis_loop(storage::redis::redis_options how) : client{loop.get_executor(), std::move(how)} {}

    template<class T>
    T run(task<T> work)
    {
        std::optional<T> outcome;
        auto const done = [&](std::exception_ptr const& thrown, T value) {
            if (thrown) std::rethrow_exception(thrown);
            outcome.emplace(std::move(value));
        };
        boost::asio::co_spawn(loop, std::move(work), done);
        while (!outcome) {
            loop.restart();
            loop.run_one();
        }
        return std::move(*outcome);
    }

    template<class... Words>
    result<storage::redis::resp_value> ask(std::string_view name, Words const&... words)
    {
        return run(client.ask(storage::redis::command{name, words...}));
    }

    // Lets the loop turn until that is so, for ten seconds at most.
    template<class Condition>
    void until(Condition const& holds)
    {
        for (int i = 0; i < 1000 && !holds(); ++i) run(a_moment());
        REQUIRE(holds());
    }

    boost::asio::io_context loop{1};
    storage::redis::redis_client client;

private:
    static task<bool> a_moment()
    {
        co_await wait_until(steady_now() + milliseconds{10});
        co_return true;
    }
};

} // namespace yett::tests
