#include "gateway/base/async/worker_pool.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace yett {
inline namespace base {

worker_pool::worker_pool(options const& opts) : options_{opts}
{
    for (unsigned i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { serve(); });
}

worker_pool::~worker_pool()
{
    std::deque<std::unique_ptr<job>> refused;
    {
        std::lock_guard const lock{mutex_};
        stopping_ = true;
        refused.swap(waiting_);
    }
    ready_.notify_all();
    threads_.clear();
    for (auto& each : refused) each->refuse(our_error(errc::stopping));
}

worker_pool::figures worker_pool::read_figures() const
{
    std::lock_guard const lock{mutex_};
    return {waiting_.size(), running_, done_, refused_};
}

void worker_pool::enqueue(std::unique_ptr<job> next)
{
    if (auto const accepted = accept(next); !accepted) return next->refuse(accepted.error());
    ready_.notify_one();
}

// Leaves the job alone when it fails.
result<void> worker_pool::accept(std::unique_ptr<job>& next)
{
    std::lock_guard const lock{mutex_};
    if (stopping_ || waiting_.size() >= options_.queue) {
        ++refused_;
        return our_error(errc::overloaded, "the queue of " + std::string{options_.name} + " is full");
    }
    next->queued_at = steady_now();
    waiting_.push_back(std::move(next));
    return {};
}

void worker_pool::serve()
{
    pthread_setname_np(pthread_self(), options_.name);
    // On Linux a thread has a nice value of its own; losing it is no reason to stop.
    auto const id = static_cast<id_t>(syscall(SYS_gettid));
    setpriority(PRIO_PROCESS, id, getpriority(PRIO_PROCESS, id) + options_.niceness);
    while (auto next = next_job()) {
        auto const late = steady_now() - next->queued_at > options_.wait;
        if (late) refuse_late(*next);
        else next->run();
        std::lock_guard const lock{mutex_};
        --running_;
        if (!late) ++done_;
    }
}

// Counted before the caller learns of it.
void worker_pool::refuse_late(job& waited)
{
    {
        std::lock_guard const lock{mutex_};
        ++refused_;
    }
    waited.refuse(our_error(errc::overloaded, "waited too long for " + std::string{options_.name}));
}

std::unique_ptr<worker_pool::job> worker_pool::next_job()
{
    std::unique_lock lock{mutex_};
    ready_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return nullptr;
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    ++running_;
    return next;
}

} // namespace base
} // namespace yett
