#pragma once

#include "gateway/base/task.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include <optional>
#include <utility>

namespace yett {
inline namespace base {

// Where one coroutine waits until somebody on its worker wakes it.
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

} // namespace base
} // namespace yett
