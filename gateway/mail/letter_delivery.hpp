#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/mail/delivery.hpp"
#include "gateway/mail/mail_worker_options.hpp"

#include <atomic>
#include <string>

namespace yett::telemetry {
class log;
} // namespace yett::telemetry

namespace yett::mail {

// The letter under way: taken out of the outbox, written, carried, and marked as sent, put back or given up. One at a
// time, on the mail worker's thread, which waits while a mail is carried.
class letter_delivery
{
public:
    // They outlive it.
    struct dependencies
    {
        accounts::outbox& outbox;
        telemetry::log& log;
        mail_worker_options const& options;
        mail_worker_figures& figures;
        std::atomic<bool> const& stopping; // the transport was interrupted, and nothing is worth waiting for
        executor on;
    };
    explicit letter_delivery(dependencies d) : dependencies_{std::move(d)} {}

    enum class outcome : unsigned char
    {
        idle,    // no letter was due
        went_on, // one has left, or never will
        failed   // the outbox, the transport, or we: better to wait before the next
    };
    // Of the letter that has been due the longest. It goes by what `with` holds once there is a letter.
    task<outcome> deliver_next(std::atomic<std::shared_ptr<delivery>> const& with);

private:
    task<outcome> deliver(accounts::claimed_letter claimed, delivery& with);
    task<void> close(accounts::letter const& l, accounts::letter_end how);
    task<outcome> give_up(accounts::letter const& l, std::string why);
    task<outcome> put_back(accounts::claimed_letter const& claimed, delivery_error const& why);
    void note_error(delivery_error const& why);
    void note_success(accounts::letter_kind kind);

    dependencies const dependencies_;
    bool failing_ = false; // the last attempt failed, and the log says so
};

} // namespace yett::mail
