#pragma once

#include "gateway/base/async/task.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace yett {
inline namespace base {

// Where one coroutine waits until somebody on its worker wakes it.
//
// A coroutine that waits costs one handler and no timer, no lock and no allocation; who wants an
// end to the waiting arms a deadline that wakes it. Not thread-safe: who wakes it runs on the same
// loop.
class waiter
{
public:
    // Awaits `wake`. One coroutine at a time, and on the spot: a wake before is not kept.
    task<void> wait()
    {
        auto settle = [this](handler h) { handler_.emplace(std::move(h)); };
        return boost::asio::async_initiate<boost::asio::use_awaitable_t<executor> const, void()>(settle, use_task);
    }
    bool waiting() const noexcept { return handler_.has_value(); }

    // Resumes the coroutine on this stack, if one waits.
    void wake()
    {
        if (!handler_) return;
        auto h = std::move(*handler_);
        handler_.reset();
        std::move(h)();
    }
    // Resumes it from the event loop, for callers in the midst of something.
    void wake_later(executor const& on)
    {
        if (!handler_) return;
        boost::asio::post(on, std::move(*handler_));
        handler_.reset();
    }
    // Destroys the waiting coroutine, when the worker ends without waiting for anybody.
    void drop() noexcept { auto const h = std::exchange(handler_, std::nullopt); }

private:
    using handler = boost::asio::async_result<boost::asio::use_awaitable_t<executor>, void()>::handler_type;
    std::optional<handler> handler_;
};

// A coroutine that waits on its own loop for what another thread does, and keeps that loop running.
template<class Handler>
class waiting_caller
{
public:
    waiting_caller(Handler handler, executor home) : handler_{std::move(handler)}, keep_{home} {}

    // Resumes it, once, with that answer. What keeps the loop running goes with the answer: from then
    // on the loop may end, and be gone before the other thread has put away what it did.
    template<class Answer>
    void resume(std::shared_ptr<Answer> with)
    {
        auto const home = keep_.get_executor();
        auto back = [handler = std::move(handler_), with = std::move(with), keep = std::move(keep_)]() mutable {
            std::move(handler)(std::move(with));
        };
        boost::asio::post(home, std::move(back));
    }

private:
    Handler handler_;
    boost::asio::executor_work_guard<executor> keep_;
};

} // namespace base
} // namespace yett
