#pragma once

#include "gateway/accounts/ports/stores.hpp"
#include "gateway/base/async/worker_pool.hpp"
#include "gateway/storage/sqlite/database/writer.hpp"

#include <memory>
#include <string>

namespace yett::storage::sqlite {

// The two ways to one database file: a thread that writes and a thread that reads. With a
// write-ahead log neither waits for the other.
class connections
{
public:
    // Opens and migrates. Throws std::runtime_error.
    explicit connections(std::string const& path);

    // See writer::run.
    template<class Work>
    auto write(Work work)
    {
        return writer_.run(std::move(work));
    }

    // Runs `work(database&)`, which returns a result<T>, on the reading thread and resumes
    // the caller on its own. Sees everything that was acknowledged before.
    template<class Work, class Result = std::invoke_result_t<Work&, database&>>
    task<Result> read(Work work)
    {
        reads_.fetch_add(1, std::memory_order_relaxed);
        Result outcome{error{}};
        auto job = [this, &work, &outcome] { return (outcome = work(*reading_)).has_value(); };
        auto const done = co_await readers_.run(job);
        if (!done) co_return done.error();
        co_return outcome;
    }

    accounts::store_activity activity() const noexcept { return {reads_.load(std::memory_order_relaxed), writer_.commits()}; }

private:
    // The file is opened twice: SQLite lets many read and one write, each on a connection of its
    // own.
    std::atomic<std::uint64_t> reads_{0};
    writer writer_;
    std::unique_ptr<database> const reading_;
    worker_pool readers_; // one thread, because a connection serves one; last: it uses the other
};

} // namespace yett::storage::sqlite
