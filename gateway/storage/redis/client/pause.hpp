#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/redirect_error.hpp>

#include <utility>

namespace yett::storage::redis {

// Where one coroutine lets time go by, until somebody on its loop has a reason not to.
class pause
{
public:
    explicit pause(executor const& on) : timer_{on} {}

    // For so long, or until skip(); not at all when that was called since the last wait ended.
    task<void> wait(milliseconds length)
    {
        timer_.expires_after(length);
        boost::system::error_code skipped;
        auto token = boost::asio::redirect_error(use_task, skipped);
        if (!skip_) co_await timer_.async_wait(std::move(token));
        skip_ = false;
    }
    void skip()
    {
        skip_ = true;
        timer_.cancel();
    }

private:
    boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, executor>
        timer_;
    bool skip_ = false;
};

} // namespace yett::storage::redis
