#include "gateway/mail/mail_worker.hpp"

#include "gateway/telemetry/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include <pthread.h>

// Carrying a mail blocks, which is why there is a thread; it carries one at a time, and everything
// else runs on its loop, between two letters. Whoever stops it interrupts what is being carried,
// from any thread, and the lease brings that letter back. Draining lets letters leave as long as
// none fails and time remains.

namespace yett::mail {

mail_worker::mail_worker(accounts::outbox& from, delivery with, telemetry::log& log, mail_worker_options options)
    : log_{log},
      options_{std::move(options)},
      letters_{{from, log, options_, figures_, stopping_, loop_.get_executor()}},
      upkeep_{{from, log, options_, figures_}},
      delivery_{std::make_shared<delivery>(std::move(with))},
      thread_{[this] {
          pthread_setname_np(pthread_self(), "mail");
          boost::asio::co_spawn(loop_, serve(), [this](std::exception_ptr const& thrown) { end(thrown); });
          loop_.run();
      }}
{
}

mail_worker::~mail_worker()
{
    stopping_ = true;
    delivery_.load()->mail_transport->interrupt();
    boost::asio::post(loop_, [this] {
        wake_.cancel();
        open_.reset();
    });
}

void mail_worker::replace(delivery with)
{
    auto next = std::make_shared<delivery>(std::move(with));
    boost::asio::post(loop_, [this, next] {
        delivery_ = next;
        if (stopping_) next->mail_transport->interrupt();
    });
}

void mail_worker::drain(milliseconds at_most, std::function<void()> finished)
{
    boost::asio::post(loop_, [this, at_most, finished = std::move(finished)]() mutable {
        drain_until_ = steady_now() + at_most;
        finished_ = std::move(finished);
        if (ended_) return finished_();
        wake_.cancel();
    });
}

bool mail_worker::is_over(letter_delivery::outcome last) const
{
    if (stopping_) return true;
    return drain_until_ && (last != letter_delivery::outcome::went_on || steady_now() >= *drain_until_);
}

task<void> mail_worker::serve()
{
    for (;;) {
        auto const last = co_await letters_.deliver_next(delivery_);
        // What drain posted while the thread was busy.
        co_await boost::asio::post(loop_, use_task);
        if (is_over(last)) break;
        co_await upkeep_.look(steady_now());
        if (last == letter_delivery::outcome::went_on) continue;
        co_await sleep(options_.poll);
    }
}

void mail_worker::end(std::exception_ptr const& thrown)
{
    if (thrown) log_.error("the mail worker stopped by a defect; letters wait for the next start");
    ended_ = true;
    if (finished_) finished_();
}

task<void> mail_worker::sleep(milliseconds length)
{
    if (stopping_ || drain_until_) co_return;
    wake_.expires_after(length);
    // Whatever ends the wait, there is something to do.
    boost::system::error_code ended;
    co_await wake_.async_wait(boost::asio::redirect_error(use_task, ended));
}

} // namespace yett::mail
