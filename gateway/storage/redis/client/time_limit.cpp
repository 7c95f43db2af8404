#include "gateway/storage/redis/client/time_limit.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

namespace yett::storage::redis {

// Shared with the timer's handler, which may be on its way already when the object goes.
struct time_limit::state
{
    using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                    boost::asio::wait_traits<std::chrono::steady_clock>, executor>;

    timer at;
    std::function<void()> expired;
};

time_limit::time_limit(executor const& on, steady_time at, std::function<void()> expired)
    : state_{std::make_shared<state>(state::timer{on, at}, std::move(expired))}
{
    auto ring = [s = state_](boost::system::error_code) {
        if (s->expired) s->expired();
    };
    state_->at.async_wait(std::move(ring));
}

time_limit::~time_limit()
{
    state_->expired = nullptr;
    state_->at.cancel();
}

} // namespace yett::storage::redis
