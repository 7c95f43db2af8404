#pragma once

#include "gateway/accounts/ports/outbox.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/mail/mail_transport.hpp"
#include "gateway/mail/mail_writer.hpp"
#include "gateway/mail/retry_policy.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <thread>

namespace yett::telemetry {
class log;
} // namespace yett::telemetry

namespace yett::mail {

// How letters become mails, and how those leave.
struct delivery
{
    mail::mail_writer mail_writer;
    std::unique_ptr<mail::mail_transport> mail_transport;
};

struct mail_worker_options
{
    mail::retry_policy retry_policy;
    milliseconds lease{75'000}; // longer than the transport takes at most
    milliseconds poll{1'000};   // how often an idle mail worker looks into the outbox
    milliseconds keep_marks{7 * 24 * 3'600'000};
    std::function<wall_time()> now{wall_now}; // the outbox's
};

// What a scrape shows. Read from any thread.
struct mail_worker_figures
{
    template<class Count, auto Last>
    using by = std::array<std::atomic<Count>, static_cast<std::size_t>(Last)>;

    by<std::uint64_t, accounts::letter_kind::count_> waiting{}; // in the outbox, as of the last look
    by<std::uint64_t, accounts::letter_kind::count_> sent{};
    by<std::uint64_t, accounts::letter_kind::count_> given_up{};
    by<std::uint64_t, delivery_error::kind::count_> setbacks{}; // attempts that failed
    std::atomic<std::int64_t> oldest{0};                        // posted_at in ms since 1970; 0: nothing waits
};

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
    enum class step : unsigned char
    {
        idle,
        went_on,
        failed
    };

    task<void> serve();
    task<step> deliver_next();
    task<step> deliver(accounts::claimed_letter claimed);
    task<void> close(accounts::letter const& l, accounts::letter_end how);
    task<step> give_up(accounts::letter const& l, std::string why);
    task<step> put_back(accounts::claimed_letter const& claimed, delivery_error const& why);
    task<void> look_around();
    task<void> sleep(milliseconds length);
    void note_error(delivery_error const& why);
    void note_success(accounts::letter_kind kind);
    bool is_over(step last) const;
    void end(std::exception_ptr const& thrown);

    accounts::outbox& outbox_;
    telemetry::log& log_;
    mail_worker_options const options_;
    std::shared_ptr<delivery> delivery_;
    std::atomic<std::shared_ptr<delivery>> at_work_; // for the destructor's interruption
    mail_worker_figures figures_;
    bool failing_ = false; // the last attempt failed, and the log says so
    steady_time next_look_{};
    std::optional<steady_time> drain_until_;
    std::function<void()> finished_;
    bool ended_ = false;
    std::atomic<bool> stopping_{false};

    boost::asio::io_context loop_{1};
    boost::asio::executor_work_guard<executor> open_{loop_.get_executor()};
    boost::asio::steady_timer wake_{loop_};
    std::jthread thread_; // last: it uses the rest
};

} // namespace yett::mail
