#include "gateway/base/async/wait_until.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>

namespace yett {
inline namespace base {

task<void> wait_until(steady_time at)
{
    using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                    boost::asio::wait_traits<std::chrono::steady_clock>, executor>;
    timer until{co_await boost::asio::this_coro::executor, at};
    co_await until.async_wait(use_task);
}

} // namespace base
} // namespace yett
