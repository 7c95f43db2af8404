#include "gateway/mail/mail_worker.hpp"

#include "gateway/base/random.hpp"
#include "gateway/telemetry/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include <pthread.h>

namespace yett::mail {

namespace {

using accounts::letter;
using accounts::letter_end;
using accounts::letter_kind;

constexpr milliseconds look_interval{5'000};
constexpr milliseconds mark_wait{250};
constexpr std::size_t marks_at_once = 1000;

template<class Enum>
std::size_t index_of(Enum e)
{
    return static_cast<std::size_t>(e);
}

double throw_dice()
{
    return static_cast<double>(random_u64() >> 11) * 0x1p-53;
}

} // namespace

mail_worker::mail_worker(accounts::outbox& from, delivery with, telemetry::log& log, mail_worker_options options)
    : outbox_{from},
      log_{log},
      options_{options},
      delivery_{std::make_shared<delivery>(std::move(with))},
      at_work_{delivery_},
      thread_{[this] {
          pthread_setname_np(pthread_self(), "postman");
          boost::asio::co_spawn(loop_, serve(), [this](std::exception_ptr const& thrown) { end(thrown); });
          loop_.run();
      }}
{
}

mail_worker::~mail_worker()
{
    stopping_ = true;
    at_work_.load()->mail_transport->interrupt();
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
        at_work_ = next;
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

bool mail_worker::is_over(step last) const
{
    if (stopping_) return true;
    return drain_until_ && (last != step::went_on || steady_now() >= *drain_until_);
}

task<void> mail_worker::serve()
{
    for (;;) {
        auto const last = co_await deliver_next();
        // What drain posted while the thread was busy.
        co_await boost::asio::post(loop_, use_task);
        if (is_over(last)) break;
        co_await look_around();
        if (last == step::went_on) continue;
        co_await sleep(options_.poll);
    }
}

void mail_worker::end(std::exception_ptr const& thrown)
{
    if (thrown) log_.error("the postman stopped by a defect; letters wait for the next start");
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

task<mail_worker::step> mail_worker::deliver_next()
{
    auto const now = options_.now();
    auto claimed = co_await outbox_.claim(now, now + options_.lease);
    if (!claimed && claimed.error() == errc::not_found) co_return step::idle;
    if (!claimed) {
        if (!failing_) log_.error("the outbox cannot be read", claimed.error());
        failing_ = true;
        co_return step::failed;
    }
    co_return co_await deliver(std::move(*claimed));
}

task<mail_worker::step> mail_worker::deliver(accounts::claimed_letter claimed)
{
    auto const& l = claimed.letter;
    if (l.blank) {
        co_await close(l, letter_end::sent);
        co_return step::went_on;
    }
    if (is_pointless(l, options_.now())) co_return co_await give_up(l, "its link has expired");
    auto const with = delivery_;
    auto const written = with->mail_writer.write(l);
    if (!written) co_return co_await give_up(l, describe(written.error()));
    auto const failed = with->mail_transport->carry(*written);
    if (failed) co_return co_await put_back(claimed, *failed);
    co_await close(l, letter_end::sent);
    note_success(l.kind);
    co_return step::went_on;
}

// A mark that is missing makes the mail go twice, so it is worth waiting for.
task<void> mail_worker::close(letter const& l, letter_end how)
{
    auto const until = steady_now() + options_.lease / 2;
    for (;;) {
        auto const done = co_await outbox_.close(l.id, how, options_.now());
        if (done || done.error() == errc::not_found) co_return;
        if (stopping_ || steady_now() >= until) {
            log_.error("a letter could not be marked and may be sent again",
                       {{"letter", l.id}, {"error", describe(done.error())}});
            co_return;
        }
        boost::asio::steady_timer pause{loop_, mark_wait};
        co_await pause.async_wait(use_task);
    }
}

task<mail_worker::step> mail_worker::give_up(letter const& l, std::string why)
{
    figures_.given_up[index_of(l.kind)].fetch_add(1, std::memory_order_relaxed);
    log_.error("a mail was given up", {{"kind", name_of(l.kind)}, {"letter", l.id}, {"reason", why}});
    co_await close(l, letter_end::given_up);
    co_return step::went_on;
}

task<mail_worker::step> mail_worker::put_back(accounts::claimed_letter const& claimed, delivery_error const& why)
{
    // Broken off by ourselves: the lease brings it back.
    if (stopping_) co_return step::failed;
    note_error(why);
    failed_attempt failed;
    failed.why = why.what;
    failed.attempt = claimed.attempt;
    failed.posted_at = claimed.letter.posted_at;
    failed.until = claimed.letter.until;
    auto const due = next_attempt(options_.retry_policy, failed, options_.now(), throw_dice());
    if (!due) {
        std::string const reason = std::string{name_of(why.what)} + ": " + why.note;
        co_await give_up(claimed.letter, reason);
        co_return step::failed;
    }
    auto const put = co_await outbox_.postpone(claimed.letter.id, claimed.attempt, *due);
    if (!put) log_.warning("a letter could not be put back; it waits for its lease", {{"error", describe(put.error())}});
    co_return step::failed;
}

void mail_worker::note_error(delivery_error const& why)
{
    figures_.setbacks[index_of(why.what)].fetch_add(1, std::memory_order_relaxed);
    // Once, however many mails wait for the same server.
    if (!failing_) log_.warning("a mail did not leave", {{"reason", name_of(why.what)}, {"answer", why.note}});
    failing_ = true;
}

void mail_worker::note_success(letter_kind kind)
{
    figures_.sent[index_of(kind)].fetch_add(1, std::memory_order_relaxed);
    if (failing_) log_.info("mails leave again");
    failing_ = false;
}

// The figures of the queue, and the marks that are no longer needed.
task<void> mail_worker::look_around()
{
    if (steady_now() < next_look_) co_return;
    next_look_ = steady_now() + std::min(look_interval, 5 * options_.poll);
    auto const seen = co_await outbox_.read_figures();
    if (!seen) co_return;
    for (std::size_t i = 0; i < seen->waiting.size(); ++i) figures_.waiting[i] = seen->waiting[i];
    figures_.oldest = seen->oldest ? seen->oldest->time_since_epoch().count() : 0;
    auto const forgotten = co_await outbox_.sweep(options_.now() - options_.keep_marks, marks_at_once);
    if (!forgotten) log_.error("old marks could not be removed", forgotten.error());
}

} // namespace yett::mail
