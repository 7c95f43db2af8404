#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/async/waiter.hpp"
#include "gateway/base/result.hpp"
#include "gateway/storage/sqlite/database/database.hpp"

#include <boost/asio/async_result.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace yett::storage::sqlite {

// The one thread that writes. What waits when it comes back from the disk goes into the
// next transaction together, so that many callers share one fsync. Each is told only after
// the commit. A job that fails is undone by itself; when the transaction fails as a whole,
// its jobs are run again one by one, so that one that cannot be written harms no other.
class writer
{
public:
    explicit writer(std::unique_ptr<database> db);
    ~writer(); // commits what waits
    writer(writer const&) = delete;
    writer& operator=(writer const&) = delete;

    // Runs `work(database&)`, which returns a result<T>, inside a transaction, and resumes
    // the caller on its own thread. A failed result undoes the work. The work may run more
    // than once and must not throw. Fails with `overloaded`, `stopping`, or
    // `storage_unavailable` when the commit failed.
    template<class Work, class Result = std::invoke_result_t<Work&, database&>>
    task<Result> run(Work work)
    {
        auto here = co_await boost::asio::this_coro::executor;
        auto initiate = [this, &work, here](auto handler) {
            enqueue(std::make_unique<job_of<Work, Result, decltype(handler)>>(std::move(work), std::move(handler), here));
        };
        auto started = boost::asio::async_initiate<boost::asio::use_awaitable_t<executor> const, void(std::shared_ptr<Result>)>(
            initiate, use_task);
        auto outcome = co_await std::move(started);
        co_return std::move(*outcome);
    }

    // Transactions so far that changed something.
    std::uint64_t commits() const noexcept { return commits_.load(std::memory_order_relaxed); }

private:
    // Work that was handed over, as the thread sees it: without its types.
    class job
    {
    public:
        virtual ~job() = default;
        // Whether the work is to be kept.
        virtual bool execute(database& db) = 0;
        // Resumes the caller with what execute found, or with the failure of the commit.
        virtual void finish() = 0;
        virtual void refuse(error const& why) = 0;
    };

    // Keeps the work itself, so that it can be run again, and the caller who waits for it.
    template<class Work, class Result, class Handler>
    class job_of final : public job
    {
    public:
        job_of(Work work, Handler handler, executor home) : work_{std::move(work)}, caller_{std::move(handler), home} {}
        bool execute(database& db) override
        {
            outcome_ = std::make_shared<Result>(work_(db));
            return outcome_->has_value();
        }
        void finish() override { caller_.resume(std::move(outcome_)); }
        void refuse(error const& why) override
        {
            outcome_ = std::make_shared<Result>(why);
            finish();
        }

    private:
        Work work_;
        waiting_caller<Handler> caller_;
        std::shared_ptr<Result> outcome_;
    };

    using batch = std::span<std::unique_ptr<job> const>;

    void enqueue(std::unique_ptr<job> next);
    result<void> accept(std::unique_ptr<job>& next);
    // The thread: takes what waits, commits it, tells the callers, until it is told to stop and
    // nothing waits.
    void serve();
    std::vector<std::unique_ptr<job>> take();
    // All of them together, or one by one if that failed.
    void commit(batch jobs);
    result<void> attempt(batch jobs);

    std::unique_ptr<database> const db_;
    std::atomic<std::uint64_t> commits_{0};
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<std::unique_ptr<job>> waiting_;
    bool stopping_ = false;
    std::jthread thread_; // last: it uses the rest
};

} // namespace yett::storage::sqlite
