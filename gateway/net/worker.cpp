#include "gateway/net/worker.hpp"

#include "gateway/http/http1_writer.hpp"
#include "gateway/net/listener.hpp"

#include <boost/asio/post.hpp>

#include <malloc.h>
#include <pthread.h>

#include <algorithm>

namespace yett::net {

namespace {

constexpr std::size_t small_buffer_bytes = 4096;
constexpr unsigned ticks_between_trims = 8;
constexpr milliseconds farewell{1000};
constexpr std::size_t worth_trimming = 256; // connections
constexpr std::size_t worth_trimming_when_calm = 8;

} // namespace

// Descriptors are touched by this worker's thread alone, so their locks are left out;
// posting from other threads keeps its own.
worker::worker(options const& opts)
    : context_{std::make_unique<boost::asio::io_context>(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO)},
      figures_{opts.figures},
      index_{opts.index},
      deadlines_{steady_now()},
      small_{small_buffer_bytes},
      large_{opts.buffer_bytes != 0 ? opts.buffer_bytes : buffer_bytes_for({})},
      bodies_{opts.body_bytes},
      ticker_{std::in_place, executor()},
      drain_limit_{[this] { close_all(); }}
{
    look_at_the_time();
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
        auto const name = "worker-" + std::to_string(index_);
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
        figures_->event_loop_lag.observe(now - next_tick_);
        tick(now);
        // Ticks that were missed are not made up for.
        next_tick_ = std::max(next_tick_ + base::deadlines::step, now);
        wait_for_tick();
    });
}

void worker::tick(steady_time now)
{
    look_at_the_time();
    deadlines_.tick(now);
    if (++ticks_ % ticks_between_trims != 0) return;
    small_.trim();
    large_.trim();
    give_memory_back();
}

// What a crowd of connections held stays with the allocator after they left or fell
// silent, unless asked for.
void worker::give_memory_back()
{
    auto const many_left = most_open_ >= worth_trimming && connections_.size() <= most_open_ / 2;
    auto const calm = std::exchange(rested_before_, rested_) == rested_;
    if (!many_left && rested_ < (calm ? worth_trimming_when_calm : worth_trimming)) return;
    most_open_ = connections_.size();
    rested_ = 0;
    ::malloc_trim(0);
}

void worker::look_at_the_time()
{
    auto const now = wall_now();
    if (!date_.empty() && to_unix(now) == date_second_) return;
    date_second_ = to_unix(now);
    date_ = http::http_date(now);
}

// --- endings -----------------------------------------------------------------------

void worker::enter(connection& c)
{
    connections_.push_back(c);
    most_open_ = std::max(most_open_, connections_.size());
}

void worker::leave(connection& c)
{
    connections_.erase(connections_.iterator_to(c));
    check_drained();
}

void worker::rests(connection& c) noexcept
{
    ++rested_;
    if (!c.waiting_hook::is_linked()) resting_.push_back(c);
}

void worker::speaks(connection& c) noexcept
{
    if (c.waiting_hook::is_linked()) c.waiting_hook::unlink();
}

bool worker::make_room()
{
    return end_first(silent_, telemetry::given_up::silent) || end_first(resting_, telemetry::given_up::idle);
}

bool worker::end_first(waiting& of, telemetry::given_up why)
{
    if (of.empty()) return false;
    auto& c = of.front();
    of.pop_front();
    figures_->clients_given_up[why].add();
    c.make_room();
    return true;
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
    for (auto& each : connections_) each.drain();
    check_drained();
}

void worker::close_all()
{
    for (auto& each : connections_) each.close_now();
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
        close_all();
        auto const patience = std::make_shared<ticker>(executor(), farewell);
        patience->async_wait([this, patience](boost::system::error_code) { context_->stop(); });
        check_drained();
    });
}

} // namespace yett::net
