#pragma once

#include "gateway/accounts/ports/stores.hpp"
#include "gateway/base/async/waiter.hpp"
#include "gateway/storage/postgres/client/database.hpp"
#include "gateway/storage/postgres/pool/pool.hpp"
#include "gateway/storage/postgres/pool/server_clock.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

namespace yett::storage::postgres {

// For who asks one thing after the other.
options with_one_connection(options by);

// The way to one database: a thread with a pool of connections, which all workers share. Work
// is done there; the caller is resumed on its own thread, after the commit.
class connections
{
public:
    // Connects once, and makes the tables of an empty database. Throws std::runtime_error when there
    // is no connection, and when the schema is not what this program works with.
    explicit connections(options by);
    ~connections(); // finishes what is under way, refuses what waits
    connections(connections const&) = delete;
    connections& operator=(connections const&) = delete;

    // Runs `work(database&)`, which returns a task<result<T>>, in a transaction. A failed
    // result undoes it. It may run more than once, and must not throw. What it works on
    // lives in `work`. Fails with `overloaded`, `stopping`, `storage_unavailable`.
    template<class Work>
    auto write(Work work)
    {
        return run(std::move(work), database::use::write);
    }

    // The same without a transaction, for statements that change nothing.
    template<class Work>
    auto read(Work work)
    {
        reads_.fetch_add(1, std::memory_order_relaxed);
        return run(std::move(work), database::use::read);
    }

    // A read that nobody may be kept waiting for: it goes before whatever else waits for a
    // connection, and is done or has failed by then.
    template<class Work>
    auto read_within(milliseconds patience, Work work)
    {
        reads_.fetch_add(1, std::memory_order_relaxed);
        return run(std::move(work), database::use::read, patience);
    }

    // Where all of it happens, for what belongs to the same database.
    executor loop() noexcept { return loop_.get_executor(); }

    // Told with each write.
    server_clock& clock() noexcept { return clock_; }

    accounts::store_activity activity() const noexcept
    {
        return {reads_.load(std::memory_order_relaxed), commits_.load(std::memory_order_relaxed)};
    }

private:
    // Work that was handed over, as the loop sees it: without its types.
    //
    // On the heap, for its caller sleeps on another thread; gone when it was finished or refused.
    class job
    {
    public:
        job(database::use how, std::optional<milliseconds> in) : use{how}, within{in} {}
        virtual ~job() = default;
        // Does the work once; why it failed.
        virtual task<std::optional<error>> execute(database& db) = 0;
        // Resumes the caller with what execute found last, or with that failure.
        virtual void finish() = 0;
        virtual void refuse(error const& why) = 0;

        database::use const use;
        std::optional<milliseconds> const within; // absent: whatever is usual
        steady_time asked_at{};
    };

    // Keeps the work itself, so that it can be run again, and the caller who waits for it.
    template<class Work, class Result, class Handler>
    class job_of final : public job
    {
    public:
        job_of(Work work, database::use how, std::optional<milliseconds> in, Handler handler, executor home)
            : job{how, in},
              work_{std::move(work)},
              caller_{std::move(handler), home}
        {
        }
        task<std::optional<error>> execute(database& db) override
        {
            auto found = co_await work_(db);
            std::optional<error> failure;
            if (!found) failure = found.error();
            outcome_ = std::make_shared<Result>(std::move(found));
            co_return failure;
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

    // Puts the caller to sleep, hands the work over, and gives back what came of it on the caller's
    // own loop.
    template<class Work, class Result = typename std::invoke_result_t<Work&, database&>::value_type>
    task<Result> run(Work work, database::use how, std::optional<milliseconds> within = {})
    {
        auto here = co_await boost::asio::this_coro::executor;
        auto initiate = [this, &work, how, within, here](auto handler) {
            enqueue(std::make_unique<job_of<Work, Result, decltype(handler)>>(std::move(work), how, within, std::move(handler),
                                                                              here));
        };
        auto started = boost::asio::async_initiate<boost::asio::use_awaitable_t<executor> const, void(std::shared_ptr<Result>)>(
            initiate, use_task);
        auto outcome = co_await std::move(started);
        co_return std::move(*outcome);
    }

    // What came of one attempt.
    //
    // In doubt is what was sent and not answered: it may have happened, and running it again could
    // do it twice.
    struct tried
    {
        std::optional<error> failure;
        std::optional<std::string> in_doubt; // the transaction whose commit was not acknowledged
        bool changed = false;
    };

    // Refuses at once when there is no place in the line.
    void enqueue(std::unique_ptr<job> next);
    task<void> serve(std::unique_ptr<job> next);
    // Attempts until one succeeds, or fails in a way that trying again does not mend.
    task<std::optional<error>> carry_out(job& one);
    // Of one attempt; two of them fit into `within`.
    static steady_time deadline_of(job const& one);
    // One transaction on one connection; never throws.
    task<tried> attempt(job& one, connection& on);
    // Asks the server what became of a transaction whose commit was not answered.
    task<std::optional<error>> settle_doubt(std::string const& name);

    // The rest belongs to the loop's thread, but for the numbers.
    options const by_;
    server_clock clock_;
    std::atomic<std::uint64_t> reads_{0};
    std::atomic<std::uint64_t> commits_{0};
    std::atomic<std::size_t> waiting_{0};
    std::atomic<bool> stopping_{false};
    boost::asio::io_context loop_{1};
    pool pool_{loop_.get_executor(), by_};
    std::optional<boost::asio::executor_work_guard<executor>> keep_{loop_.get_executor()};
    std::jthread thread_; // last: it uses the rest
};

} // namespace yett::storage::postgres
