#include "gateway/mail/letter_delivery.hpp"

#include "gateway/base/random.hpp"
#include "gateway/telemetry/log.hpp"

#include <boost/asio/steady_timer.hpp>

// A letter is ours for the length of a lease, and leaves the outbox by its mark alone. What breaks off before the server
// has said yes brings the letter back, by putting it back or by the end of its lease; what breaks off between that yes and
// the mark sends it twice. So nothing is done between the two but waiting for the mark, and that for long.

namespace yett::mail {

namespace {

using accounts::letter;
using accounts::letter_end;
using accounts::letter_kind;

constexpr milliseconds mark_wait{250};

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

task<letter_delivery::outcome> letter_delivery::deliver_next(std::atomic<std::shared_ptr<delivery>> const& with)
{
    auto const now = dependencies_.options.now();
    auto claimed = co_await dependencies_.outbox.claim(now, now + dependencies_.options.lease);
    if (!claimed && claimed.error() == errc::not_found) co_return outcome::idle;
    if (!claimed) {
        if (!failing_) dependencies_.log.error("the outbox cannot be read", claimed.error());
        failing_ = true;
        co_return outcome::failed;
    }
    auto const by = with.load();
    co_return co_await deliver(std::move(*claimed), *by);
}

task<letter_delivery::outcome> letter_delivery::deliver(accounts::claimed_letter claimed, delivery& with)
{
    auto const& l = claimed.letter;
    if (l.blank) {
        co_await close(l, letter_end::sent);
        co_return outcome::went_on;
    }
    if (is_pointless(l, dependencies_.options.now())) co_return co_await give_up(l, "its link has expired");
    auto const written = with.mail_writer.write(l);
    if (!written) co_return co_await give_up(l, describe(written.error()));
    auto const failed = with.mail_transport->carry(*written);
    if (failed) co_return co_await put_back(claimed, *failed);
    co_await close(l, letter_end::sent);
    note_success(l.kind);
    co_return outcome::went_on;
}

// A mark that is missing makes the mail go twice, so it is worth waiting for.
task<void> letter_delivery::close(letter const& l, letter_end how)
{
    auto const until = steady_now() + dependencies_.options.lease / 2;
    for (;;) {
        auto const done = co_await dependencies_.outbox.close(l.id, how, dependencies_.options.now());
        if (done || done.error() == errc::not_found) co_return;
        if (dependencies_.stopping || steady_now() >= until) {
            dependencies_.log.error("a letter could not be marked and may be sent again",
                                    {{"letter", l.id}, {"error", describe(done.error())}});
            co_return;
        }
        boost::asio::steady_timer pause{dependencies_.on, mark_wait};
        co_await pause.async_wait(use_task);
    }
}

task<letter_delivery::outcome> letter_delivery::give_up(letter const& l, std::string why)
{
    dependencies_.figures.given_up[index_of(l.kind)].fetch_add(1, std::memory_order_relaxed);
    dependencies_.log.error("a mail was given up", {{"kind", name_of(l.kind)}, {"letter", l.id}, {"reason", why}});
    co_await close(l, letter_end::given_up);
    co_return outcome::went_on;
}

task<letter_delivery::outcome> letter_delivery::put_back(accounts::claimed_letter const& claimed, delivery_error const& why)
{
    // Broken off by ourselves: the lease brings it back.
    if (dependencies_.stopping) co_return outcome::failed;
    note_error(why);
    failed_attempt failed;
    failed.why = why.what;
    failed.attempt = claimed.attempt;
    failed.posted_at = claimed.letter.posted_at;
    failed.until = claimed.letter.until;
    auto const due = next_attempt(dependencies_.options.retry_policy, failed, dependencies_.options.now(), throw_dice());
    if (!due) {
        std::string const reason = std::string{name_of(why.what)} + ": " + why.note;
        co_await give_up(claimed.letter, reason);
        co_return outcome::failed;
    }
    auto const put = co_await dependencies_.outbox.postpone(claimed.letter.id, claimed.attempt, *due);
    if (!put)
        dependencies_.log.warning("a letter could not be put back; it waits for its lease", {{"error", describe(put.error())}});
    co_return outcome::failed;
}

void letter_delivery::note_error(delivery_error const& why)
{
    dependencies_.figures.setbacks[index_of(why.what)].fetch_add(1, std::memory_order_relaxed);
    // Once, however many mails wait for the same server.
    if (!failing_) dependencies_.log.warning("a mail did not leave", {{"reason", name_of(why.what)}, {"answer", why.note}});
    failing_ = true;
}

void letter_delivery::note_success(letter_kind kind)
{
    dependencies_.figures.sent[index_of(kind)].fetch_add(1, std::memory_order_relaxed);
    if (failing_) dependencies_.log.info("mails leave again");
    failing_ = false;
}

} // namespace yett::mail
