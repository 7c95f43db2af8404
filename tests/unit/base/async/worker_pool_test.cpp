#include "gateway/base/async/worker_pool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>

#include <latch>

using namespace yett;

namespace {

task<void> collect(worker_pool& pool, std::string word, std::vector<std::string>& into, std::thread::id& resumed_on)
{
    auto upper = [word] { return word + "!"; };
    auto done = co_await pool.run(upper);
    into.push_back(done ? *done : std::string{name_of(done.error().code())});
    resumed_on = std::this_thread::get_id();
}

} // namespace

TEST_CASE("worker_pool: work runs elsewhere and the caller resumes on its own thread")
{
    boost::asio::io_context io{1};
    worker_pool pool{{.threads = 2, .queue = 8, .wait = milliseconds{60000}, .niceness = 0, .name = "test"}};
    std::vector<std::string> done;
    std::thread::id on;
    boost::asio::co_spawn(io, collect(pool, "one", done, on), boost::asio::detached);
    boost::asio::co_spawn(io, collect(pool, "two", done, on), boost::asio::detached);
    io.run();
    std::sort(done.begin(), done.end());
    CHECK(done == std::vector<std::string>{"one!", "two!"});
    CHECK(on == std::this_thread::get_id());
}

TEST_CASE("worker_pool: a full queue refuses at once and runs nothing of what it refused")
{
    boost::asio::io_context io{1};
    worker_pool pool{{.threads = 1, .queue = 1, .wait = milliseconds{60000}, .niceness = 0, .name = "test"}};
    std::latch started{1}, release{1};
    auto hold = [&]() -> task<void> {
        auto block = [&] {
            started.count_down();
            release.wait();
            return 1;
        };
        co_await pool.run(block);
    };
    std::vector<std::string> done;
    std::thread::id on;
    boost::asio::co_spawn(io, hold(), boost::asio::detached);
    io.poll();
    started.wait();
    boost::asio::co_spawn(io, collect(pool, "waits", done, on), boost::asio::detached);
    boost::asio::co_spawn(io, collect(pool, "refused", done, on), boost::asio::detached);
    io.poll();
    CHECK(done == std::vector<std::string>{"overloaded"});
    CHECK(pool.read_figures().refused == 1);
    release.count_down();
    io.run();
    CHECK(done == std::vector<std::string>{"overloaded", "waits!"});
}

TEST_CASE("worker_pool: a job that waited too long is refused, counted and never run")
{
    boost::asio::io_context io{1};
    worker_pool pool{{.threads = 1, .queue = 8, .wait = milliseconds{0}, .niceness = 0, .name = "test"}};
    std::vector<std::string> done;
    std::thread::id on;
    boost::asio::co_spawn(io, collect(pool, "late", done, on), boost::asio::detached);
    io.run();
    CHECK(done == std::vector<std::string>{"overloaded"});
    CHECK(pool.read_figures().refused == 1);
    CHECK(pool.read_figures().done == 0);
}

// Nothing but the sanitizers sees it when it goes wrong: the thread of the pool then counts in what has been freed.
TEST_CASE("worker_pool: a loop may stop with the answer and be gone at once")
{
    worker_pool pool{{.threads = 1, .queue = 8, .wait = milliseconds{60000}, .niceness = 19, .name = "test"}};
    std::vector<std::string> done;
    for (int i = 0; i < 1000; ++i) {
        auto io = std::make_unique<boost::asio::io_context>(1);
        auto const ask_and_stop = [](worker_pool& of, std::vector<std::string>& into,
                                     boost::asio::io_context& loop) -> task<void> {
            std::thread::id on;
            co_await collect(of, "one", into, on);
            loop.stop();
        };
        boost::asio::co_spawn(*io, ask_and_stop(pool, done, *io), boost::asio::detached);
        io->run();
        io.reset();
    }
    CHECK(done == std::vector<std::string>(1000, "one!"));
}
