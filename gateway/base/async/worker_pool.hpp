#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/async/waiter.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"

#include <boost/asio/async_result.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace yett {
inline namespace base {

// Threads for work that would hold up a worker: password hashing, a blocking library.
//
// The queue is bounded twice, by length and by waiting time. Work beyond either fails
// with `overloaded` and is never run, so that a storm costs the callers a prompt
// refusal and not a growing queue.
//
// Jobs begin in the order in which they came. Any thread with an event loop may call.
class worker_pool
{
public:
    struct options
    {
        unsigned threads = 1;
        std::size_t queue = 128;   // jobs waiting, not counting those that run
        milliseconds wait{5000};   // longest time a job may wait
        int niceness = 0;          // added to the threads' nice value; 10 yields to the workers
        char const* name = "pool"; // as seen in `ps -L`
    };

    // What a scrape shows. Read from any thread.
    struct figures
    {
        std::size_t waiting;
        std::size_t running;
        std::uint64_t done;
        std::uint64_t refused;
    };

    explicit worker_pool(options const& opts);
    ~worker_pool(); // finishes what runs, refuses what waits
    worker_pool(worker_pool const&) = delete;
    worker_pool& operator=(worker_pool const&) = delete;

    figures read_figures() const;

    // Runs `work` on a thread of the pool and resumes the caller on its own thread with
    // what it returned. Fails with `overloaded` when the queue is full or the wait was
    // too long, with `stopping` during shutdown. `work` must not throw.
    template<class Work, class T = std::invoke_result_t<Work>>
    task<result<T>> run(Work work)
    {
        auto here = co_await boost::asio::this_coro::executor;
        auto initiate = [this, &work, here](auto handler) {
            enqueue(std::make_unique<job_of<T, Work, decltype(handler)>>(work, std::move(handler), here));
        };
        auto started =
            boost::asio::async_initiate<boost::asio::use_awaitable_t<executor> const, void(std::shared_ptr<result<T>>)>(initiate,
                                                                                                                        use_task);
        auto outcome = co_await std::move(started);
        co_return std::move(*outcome);
    }

private:
    // One call of `run`: it is run or refused, exactly once, and either way the caller goes on.
    class job
    {
    public:
        virtual ~job() = default;
        virtual void run() noexcept = 0;
        virtual void refuse(error const& why) noexcept = 0;
        steady_time queued_at{};
    };

    // What `work` returns is handed over through a shared pointer, since the caller may resume
    // before this thread has let go of it.
    template<class T, class Work, class Handler>
    class job_of final : public job
    {
    public:
        job_of(Work& work, Handler handler, executor home) : work_{work}, caller_{std::move(handler), home} {}
        void run() noexcept override { caller_.resume(std::make_shared<result<T>>(work_())); }
        void refuse(error const& why) noexcept override { caller_.resume(std::make_shared<result<T>>(why)); }

    private:
        // The work stays in the waiting coroutine's frame, which lives until it is resumed.
        Work& work_;
        waiting_caller<Handler> caller_;
    };

    // Hands a job in, or refuses it on the spot.
    void enqueue(std::unique_ptr<job> next);
    result<void> accept(std::unique_ptr<job>& next);
    // The loop of each thread; ends when the pool does.
    void serve();
    // A job that waited too long is refused by the thread that takes it, so no timer is needed.
    void refuse_late(job& waited);
    // Waits for one; null when the pool ends.
    std::unique_ptr<job> next_job();

    // Everything below is guarded by the mutex, which is never held while work runs.
    options const options_;
    mutable std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<std::unique_ptr<job>> waiting_;
    std::size_t running_ = 0;
    std::uint64_t done_ = 0;
    std::uint64_t refused_ = 0;
    bool stopping_ = false;
    std::vector<std::jthread> threads_;
};

} // namespace base
} // namespace yett
