#include "gateway/fleet/follower.hpp"

#include "gateway/accounts/revoke.hpp"
#include "gateway/telemetry/log.hpp"
#include "gateway/tokens/completeness.hpp"
#include "gateway/tokens/revocations.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

namespace yett::fleet {
namespace {

// Without any word from others.
constexpr seconds interval{1};
// What was looked for in vain is not looked for again at once, however many ask. That counts from when the
// look began: one that was under way while the process slept says nothing of now.
constexpr milliseconds same_failure{100};

} // namespace

follower::follower(boost::asio::io_context& on, parts p) : parts_{p}, on_{on}, next_{on} {}

// The watermark comes first: what is committed while the rest is loaded is found behind it.
task<result<void>> follower::begin()
{
    auto const began = parts_.now();
    auto present = co_await parts_.feed.present();
    if (!present) co_return present.error();
    auto const loaded = co_await accounts::load_revocations(parts_.sessions, parts_.revoked, present->time);
    if (!loaded) co_return loaded.error();
    read_until_ = std::move(*present);
    parts_.known.reached(began);
    co_return result<void>{};
}

void follower::run()
{
    boost::asio::co_spawn(on_, follow(), boost::asio::detached);
    parts_.feed.listen([this](std::vector<accounts::revocation> const& told) { hear(told); });
}

// On a thread of the feed's. What is told is true, and refused from here on; that it is all there is nobody
// says, so that `known` does not move.
void follower::hear(std::vector<accounts::revocation> const& told)
{
    if (told.empty()) boost::asio::post(on_, [this] { wake(); });
    else accounts::add_revocations(told, parts_.revoked);
}

void follower::wake()
{
    poked_ = true;
    next_.cancel();
}

void follower::ask(std::function<void(bool)> done)
{
    if (stopped_ || (failed_since_ && parts_.now() - *failed_since_ < same_failure)) return done(false);
    askers_.push_back(std::move(done));
    next_.cancel();
}

void follower::stop()
{
    stopped_ = true;
    parts_.feed.stop_listening();
    next_.cancel();
}

task<void> follower::follow()
{
    while (!stopped_) {
        co_await wait_for_cause();
        if (stopped_) break;
        poked_ = false;
        auto const asked = std::exchange(askers_, {});
        looking_ = true;
        auto const fine = co_await look();
        looking_ = false;
        for (auto const& each : asked) each(fine);
    }
}

task<void> follower::wait_for_cause()
{
    if (poked_ || !askers_.empty()) co_return;
    boost::system::error_code woken;
    next_.expires_after(interval);
    auto token = boost::asio::redirect_error(use_task, woken);
    co_await next_.async_wait(std::move(token));
}

task<bool> follower::look()
{
    auto const began = parts_.now();
    auto const outcome = co_await read();
    tell_of(outcome);
    tell_of_stream(parts_.feed.activity().stream);
    ++looks_;
    failures_ += !outcome;
    failed_since_.reset();
    if (!outcome) failed_since_ = began;
    co_return outcome.has_value();
}

// What is found was committed before the statement ran, so that everything up to the moment
// before it was sent is known once it was added, and not before.
task<result<void>> follower::read()
{
    auto const began = parts_.now();
    auto news = co_await parts_.feed.since(read_until_.watermark);
    if (!news && news.error() == errc::not_found) {
        parts_.log.warning("the database is another one or has lost its latest changes; all revocations are read again");
        co_return co_await begin();
    }
    if (!news) co_return news.error();
    if (!news->entries.empty()) accounts::add_revocations(news->entries, parts_.revoked);
    read_until_ = std::move(news->until);
    parts_.known.reached(began);
    co_return result<void>{};
}

// Said once, not every second.
void follower::tell_of(result<void> const& outcome)
{
    if (!outcome && !failed_since_) parts_.log.error("revocations of other nodes cannot be read", outcome.error());
    if (outcome && failed_since_) parts_.log.info("revocations of other nodes are read again");
}

// Said once, too. Before it has come to anything there is nothing to say.
void follower::tell_of_stream(std::optional<accounts::stream_activity> const& now)
{
    if (!now || (!now->connected && now->trouble.empty())) return;
    auto const away = !now->connected;
    if (std::exchange(stream_away_, away) == away) return;
    if (away) parts_.log.warning("revocations do not come by Redis; they are read from the database", {{"error", now->trouble}});
    else parts_.log.info("revocations come by Redis again");
}

follower::figures follower::read_figures() const
{
    return {parts_.now() - parts_.known.at(), looks_, failures_};
}

} // namespace yett::fleet
