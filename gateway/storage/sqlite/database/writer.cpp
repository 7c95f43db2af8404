#include "gateway/storage/sqlite/database/writer.hpp"

#include <pthread.h>

#include <algorithm>
#include <iterator>

namespace yett::storage::sqlite {

namespace {

constexpr std::size_t longest_queue = 4096;
constexpr std::size_t largest_batch = 256;

} // namespace

writer::writer(std::unique_ptr<database> db) : db_{std::move(db)}, thread_{[this] { serve(); }} {}

writer::~writer()
{
    {
        std::lock_guard const lock{mutex_};
        stopping_ = true;
    }
    ready_.notify_all();
}

void writer::enqueue(std::unique_ptr<job> next)
{
    if (auto const accepted = accept(next); !accepted) return next->refuse(accepted.error());
    ready_.notify_one();
}

// Leaves the job alone when it fails.
result<void> writer::accept(std::unique_ptr<job>& next)
{
    std::lock_guard const lock{mutex_};
    if (waiting_.size() >= longest_queue) return our_error(errc::overloaded, "the queue of the database writer");
    if (stopping_) return our_error(errc::stopping, "the queue of the database writer");
    waiting_.push_back(std::move(next));
    return {};
}

void writer::serve()
{
    pthread_setname_np(pthread_self(), "sqlite-writer");
    for (;;) {
        auto const jobs = take();
        if (jobs.empty()) return;
        commit(jobs);
    }
}

// Empty when it is time to stop.
std::vector<std::unique_ptr<writer::job>> writer::take()
{
    std::unique_lock lock{mutex_};
    ready_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    auto const count = std::min(waiting_.size(), largest_batch);
    auto const end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<std::unique_ptr<job>> jobs{std::move_iterator{waiting_.begin()}, std::move_iterator{end}};
    waiting_.erase(waiting_.begin(), end);
    return jobs;
}

void writer::commit(batch jobs)
{
    auto const done = attempt(jobs);
    if (!done && jobs.size() > 1) {
        for (std::size_t i = 0; i < jobs.size(); ++i) commit(jobs.subspan(i, 1));
        return;
    }
    for (auto const& each : jobs) {
        if (done) each->finish();
        else each->refuse(done.error());
    }
}

result<void> writer::attempt(batch jobs)
{
    auto done = db_->run("BEGIN IMMEDIATE");
    if (!done) return done;
    auto const before = db_->changes();
    for (auto const& each : jobs) {
        if (done) done = db_->run("SAVEPOINT job");
        if (done && !each->execute(*db_)) done = db_->run("ROLLBACK TO job");
        if (done) done = db_->run("RELEASE job");
    }
    auto const changed = db_->changes() != before;
    if (done) done = db_->run("COMMIT");
    if (done && changed) commits_.fetch_add(1, std::memory_order_relaxed);
    // A full disk ends the transaction by itself, and some failures of COMMIT do not.
    if (!done && db_->in_transaction()) static_cast<void>(db_->run("ROLLBACK"));
    return done;
}

} // namespace yett::storage::sqlite
