#include "gateway/net/worker.hpp"

#include "gateway/net/listener.hpp"

#include <boost/asio/post.hpp>

#include <malloc.h>
#include <pthread.h>

#include <algorithm>

namespace yett::net {

namespace {

constexpr unsigned ticks_between_trims = 8;
constexpr milliseconds farewell{1000};

} // namespace

// Descriptors are touched by this worker's thread alone, so their locks are left out;
// posting from other threads keeps its own.
worker::worker(options const& opts)
    : context_{std::make_unique<boost::asio::io_context>(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO)},
      options_{opts},
      deadlines_{steady_now()},
      buffers_{opts.buffer_bytes != 0 ? opts.buffer_bytes : buffer_bytes_for({}), opts.body_bytes},
      date_{wall_now()},
      ticker_{std::in_place, executor()},
      connections_{*opts.figures},
      drain_limit_{[this] { connections_.close_all(); }}
{
}

// Connections reach for the worker while they are destroyed, so the loop that holds them goes first.
worker::~worker()
{
    stop();
    join();
    listeners_.clear();
    ticker_.reset();
    context_.reset();
}

listener& worker::listen(int descriptor, std::shared_ptr<listener_settings const> settings)
{
    listeners_.push_back(std::make_unique<listener>(*this, descriptor, std::move(settings)));
    return *listeners_.back();
}

void worker::start()
{
    next_tick_ = steady_now() + base::deadlines::step;
    wait_for_tick();
    for (auto const& each : listeners_) each->start();
    thread_ = std::thread{[this] {
        auto const name = "worker-" + std::to_string(options_.index);
        pthread_setname_np(pthread_self(), name.c_str());
        context_->run();
    }};
}

void worker::post(std::function<void()> work)
{
    boost::asio::post(executor(), std::move(work));
}

void worker::join()
{
    if (thread_.joinable()) thread_.join();
}

// --- time --------------------------------------------------------------------------

void worker::wait_for_tick()
{
    ticker_->expires_at(next_tick_);
    ticker_->async_wait([this](boost::system::error_code ec) {
        if (ec) return;
        auto const now = steady_now();
        options_.figures->event_loop_lag.observe(now - next_tick_);
        tick(now);
        // Ticks that were missed are not made up for.
        next_tick_ = std::max(next_tick_ + base::deadlines::step, now);
        wait_for_tick();
    });
}

void worker::tick(steady_time now)
{
    date_.update(wall_now());
    deadlines_.tick(now);
    if (++ticks_ % ticks_between_trims != 0) return;
    buffers_.trim();
    if (connections_.left_much_memory()) ::malloc_trim(0);
}

// --- endings -----------------------------------------------------------------------

void worker::leave(connection& c)
{
    connections_.leave(c);
    check_drained();
}

void worker::drain(milliseconds timeout, std::function<void()> done)
{
    post([this, timeout, done = std::move(done)]() mutable {
        drained_ = std::move(done);
        begin_drain(timeout);
    });
}

void worker::begin_drain(milliseconds timeout)
{
    draining_ = true;
    for (auto const& each : listeners_) each->stop();
    deadlines_.arm_after(drain_limit_, timeout);
    connections_.drain_all();
    check_drained();
}

void worker::check_drained()
{
    if (!draining_ || !connections_.empty() || !drained_) return;
    drain_limit_.disarm();
    // Not from here: this may run inside the last connection's destructor.
    boost::asio::post(executor(), std::exchange(drained_, nullptr));
}

void worker::stop()
{
    post([this] {
        drained_ = [this] { context_->stop(); };
        begin_drain(milliseconds{0});
        connections_.close_all();
        auto const patience = std::make_shared<ticker>(executor(), farewell);
        patience->async_wait([this, patience](boost::system::error_code) { context_->stop(); });
        check_drained();
    });
}

} // namespace yett::net
