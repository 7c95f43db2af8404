#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/net/bodies/buffer_budget.hpp"
#include "gateway/net/listener.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "gateway/transport/buffer_pool.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/intrusive/list.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace yett::net {

struct waiting_tag;
using waiting_hook = boost::intrusive::list_base_hook<boost::intrusive::tag<waiting_tag>,
                                                      boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

// Something open on a worker that takes part in draining.
class connection : public boost::intrusive::list_base_hook<>, public waiting_hook
{
public:
    // Ends when nothing is running on it: at once when idle, else after the running exchange.
    virtual void drain() = 0;
    virtual void close_now() = 0;
    // Ends what nothing is running on because somebody else needs the place.
    virtual void make_room() = 0;

protected:
    ~connection() = default;
};

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
    transport::buffer_pool& small_buffers() noexcept { return small_; }
    transport::buffer_pool& large_buffers() noexcept { return large_; }
    // What may be held of bodies.
    buffer_budget& bodies() noexcept { return bodies_; }
    telemetry::shard& figures() noexcept { return *figures_; }
    // The current second for Date fields.
    std::string_view date() const noexcept { return date_; }
    // A string that has room already, to compose output in; leave it here afterwards.
    std::string& scratch() noexcept { return scratch_; }

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

    void enter(connection& c);
    void leave(connection& c);
    // A connection that has not asked for anything yet.
    void is_silent(connection& c) noexcept { silent_.push_back(c); }
    // A connection fell silent after it was answered, and gave back what it held.
    void rests(connection& c) noexcept;
    // It asks for something.
    static void speaks(connection& c) noexcept;
    // Ends the connection that has been silent or, if there is none, at rest the longest.
    // False when all are busy.
    bool make_room();
    std::size_t open() const noexcept { return connections_.size(); }

    // What happens every deadlines::step. Tests call it with times of their own.
    void tick(steady_time now);

private:
    using ticker = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                     boost::asio::wait_traits<std::chrono::steady_clock>, base::executor>;

    void wait_for_tick();
    void look_at_the_time();
    void give_memory_back();
    void begin_drain(milliseconds timeout);
    void close_all();
    void check_drained();

    std::unique_ptr<boost::asio::io_context> context_;
    telemetry::shard* figures_;
    unsigned index_;
    base::deadlines deadlines_;
    transport::buffer_pool small_;
    transport::buffer_pool large_;
    buffer_budget bodies_;
    std::string scratch_;
    std::string date_;
    std::int64_t date_second_ = 0;
    std::optional<ticker> ticker_;
    steady_time next_tick_{};
    boost::intrusive::list<connection, boost::intrusive::base_hook<boost::intrusive::list_base_hook<>>> connections_;
    using waiting = boost::intrusive::list<connection, boost::intrusive::base_hook<waiting_hook>,
                                           boost::intrusive::constant_time_size<false>>;
    bool end_first(waiting& of, telemetry::given_up why);
    waiting silent_;                // the longest first
    waiting resting_;               // the same
    std::size_t most_open_ = 0;     // since memory was last given back
    std::size_t rested_ = 0;        // connections that fell silent since then
    std::size_t rested_before_ = 0; // the same, when it was last looked at
    std::vector<std::unique_ptr<listener>> listeners_;
    bool draining_ = false;
    unsigned ticks_ = 0;
    base::deadlines::entry drain_limit_;
    std::function<void()> drained_;
    std::thread thread_;
};

} // namespace yett::net
