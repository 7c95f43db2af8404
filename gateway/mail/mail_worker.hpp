#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/mail/delivery.hpp"
#include "gateway/mail/letter_delivery.hpp"
#include "gateway/mail/mail_worker_options.hpp"
#include "gateway/mail/outbox_upkeep.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

namespace yett::telemetry {
class log;
} // namespace yett::telemetry

namespace yett::mail {

// Takes letters out of the outbox, one after the other on a thread of its own, and brings
// each on its way: at least once, and only once unless the process or the dialogue with the
// server breaks off in the moment between the server's yes and the mark in the outbox.
class mail_worker
{
public:
    // All three outlive the mail worker. Starts at once.
    mail_worker(accounts::outbox& from, delivery with, telemetry::log& log, mail_worker_options options = {});
    // Lets the mail under way fail: its letter stays and is sent when its lease is over.
    ~mail_worker();
    mail_worker(mail_worker const&) = delete;
    mail_worker& operator=(mail_worker const&) = delete;

    // Works with these from the next mail on. Any thread.
    void replace(delivery with);

    // Brings away what is due, for at most so long and up to the first failure, then ends
    // and calls `finished` on the mail worker's thread. Any thread.
    void drain(milliseconds at_most, std::function<void()> finished);

    mail_worker_figures const& figures() const noexcept { return figures_; }

private:
    task<void> serve();
    task<void> sleep(milliseconds length);
    bool is_over(letter_delivery::outcome last) const;
    void end(std::exception_ptr const& thrown);

    telemetry::log& log_;
    mail_worker_options const options_;
    mail_worker_figures figures_;
    std::atomic<bool> stopping_{false};
    boost::asio::io_context loop_{1};
    letter_delivery letters_;
    outbox_upkeep upkeep_;
    std::atomic<std::shared_ptr<delivery>> delivery_; // read by the destructor's thread, too
    std::optional<steady_time> drain_until_;
    std::function<void()> finished_;
    bool ended_ = false;

    boost::asio::executor_work_guard<executor> open_{loop_.get_executor()};
    boost::asio::steady_timer wake_{loop_};
    std::jthread thread_; // last: it uses the rest
};

} // namespace yett::mail
