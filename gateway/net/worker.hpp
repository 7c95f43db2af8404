#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/net/date_cache.hpp"
#include "gateway/net/listener.hpp"
#include "gateway/net/open_connections.hpp"
#include "gateway/net/worker_buffers.hpp"
#include "gateway/telemetry/metrics.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace yett::net {

// One thread, one event loop, and what every connection on it shares. All members but
// `post`, `drain`, `stop` and `join` belong to the worker's own thread (or to whoever
// builds it, before `start`).
class worker
{
public:
    struct options
    {
        unsigned index = 0;                  // names the thread: "worker-0"
        telemetry::shard* figures = nullptr; // required
        std::size_t buffer_bytes = 0;        // of the large buffers; 0 suits default limits
        std::size_t body_bytes = 64 << 20;   // held of bodies at most, see buffer_budget
    };
    explicit worker(options const& opts);
    ~worker(); // stops and joins
    worker(worker const&) = delete;
    worker& operator=(worker const&) = delete;

    boost::asio::io_context& context() noexcept { return *context_; }
    base::executor executor() noexcept { return context_->get_executor(); }
    base::deadlines& deadlines() noexcept { return deadlines_; }
    transport::buffer_pool& small_buffers() noexcept { return buffers_.small; }
    transport::buffer_pool& large_buffers() noexcept { return buffers_.large; }
    transport::buffer_pool& bulk_buffers() noexcept { return buffers_.bulk; }
    // What may be held of bodies.
    buffer_budget& bodies() noexcept { return buffers_.bodies; }
    telemetry::shard& figures() noexcept { return *options_.figures; }
    // The current second for Date fields.
    std::string_view date() const noexcept { return date_.text(); }
    // A string that has room already, to compose output in; leave it here afterwards.
    std::string& scratch() noexcept { return buffers_.scratch; }

    // Takes over the descriptor and accepts once the worker runs.
    listener& listen(int descriptor, std::shared_ptr<listener_settings const> settings);

    void start();
    // Runs `work` on the worker's thread.
    void post(std::function<void()> work);
    // Accepts no more, closes idle connections, lets running exchanges end with
    // "Connection: close", and closes what is left after `timeout`. Then calls `done` on
    // the worker's thread.
    void drain(milliseconds timeout, std::function<void()> done);
    // Closes everything, gives exchanges a moment to notice, and ends the loop.
    void stop();
    void join();
    bool draining() const noexcept { return draining_; }

    void enter(connection& c) { connections_.enter(c); }
    void leave(connection& c);
    open_connections& connections() noexcept { return connections_; }

    // What happens every deadlines::step. Tests call it with times of their own.
    void tick(steady_time now);

private:
    using ticker = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                     boost::asio::wait_traits<std::chrono::steady_clock>, base::executor>;

    void wait_for_tick();
    void begin_drain(milliseconds timeout);
    void check_drained();

    std::unique_ptr<boost::asio::io_context> context_;
    options const options_;
    base::deadlines deadlines_;
    worker_buffers buffers_;
    date_cache date_;
    std::optional<ticker> ticker_;
    steady_time next_tick_{};
    unsigned ticks_ = 0;
    open_connections connections_;
    std::vector<std::unique_ptr<listener>> listeners_;
    bool draining_ = false;
    base::deadlines::entry drain_limit_;
    std::function<void()> drained_;
    std::thread thread_;
};

} // namespace yett::net
