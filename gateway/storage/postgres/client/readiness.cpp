#include "gateway/storage/postgres/client/readiness.hpp"

#include "gateway/base/async/waiter.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <unistd.h>

namespace yett::storage::postgres {

// Outlives its owner until the last of its waits was told.
struct readiness::state
{
    using descriptor = boost::asio::posix::basic_stream_descriptor<executor>;
    using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                    boost::asio::wait_traits<std::chrono::steady_clock>, executor>;

    state(executor const& on, int socket) : watched{on}, until{on}
    {
        boost::system::error_code failure;
        watched.assign(::dup(socket), failure);
    }

    // The first to come in a round decides; what comes of its rivals later is of no round.
    void end(unsigned of, bool by_time)
    {
        if (of != round) return;
        ++round;
        late = by_time;
        boost::system::error_code ignored;
        watched.cancel(ignored);
        until.cancel();
        waiting.wake();
    }

    descriptor watched;
    timer until;
    waiter waiting;
    unsigned round = 0;
    bool late = false;
};

readiness::readiness(executor const& on, int socket) : state_{std::make_shared<state>(on, socket)} {}
readiness::~readiness() = default;
readiness::readiness(readiness&&) noexcept = default;
readiness& readiness::operator=(readiness&&) noexcept = default;

void readiness::interrupt()
{
    state_->end(state_->round, true);
}

task<bool> readiness::wait(unsigned what, steady_time deadline)
{
    auto const s = state_;
    if (!s->watched.is_open()) co_return false; // no descriptor was left
    auto const round = s->round;
    auto const came = [s, round](boost::system::error_code) { s->end(round, false); };
    auto const expired = [s, round](boost::system::error_code failure) {
        if (!failure) s->end(round, true);
    };
    if (what & reading) s->watched.async_wait(state::descriptor::wait_read, came);
    if (what & writing) s->watched.async_wait(state::descriptor::wait_write, came);
    s->until.expires_at(deadline);
    s->until.async_wait(expired);
    co_await s->waiting.wait();
    co_return !s->late;
}

} // namespace yett::storage::postgres
