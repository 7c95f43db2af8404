#include "gateway/app/fleet_news.hpp"

#include "gateway/accounts/revoke.hpp"
#include "gateway/app/parts/logs.hpp"
#include "gateway/app/parts/startup_error.hpp"
#include "gateway/base/async/run_to_end.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

// Where several nodes share a store, `fleet::follower` reads what the others revoke; where there is
// one, the revocations are read once at the start and nothing follows. This class is both, so that
// the gateway asks nobody which it is. But for the first reading all of it runs on the control
// thread; workers come here by `ask`.

namespace yett::app {
namespace {

double seconds_of(milliseconds length)
{
    return static_cast<double>(length.count()) / 1000;
}

std::optional<telemetry::stream_figures> figures_of(std::optional<accounts::stream_activity> const& seen)
{
    if (!seen) return std::nullopt;
    return telemetry::stream_figures{seen->connected ? 1.0 : 0.0, seen->told, seen->lost, seen->heard, seen->missed};
}

std::string words_of(std::optional<accounts::stream_activity> const& seen)
{
    if (!seen) return {};
    return seen->connected ? "; Redis brings it sooner" : "; Redis is away: " + seen->trouble;
}

} // namespace

fleet_news::fleet_news(boost::asio::io_context& control, accounts::stores& stores, tokens::revocations& into, logs& reports)
    : control_{control},
      stores_{stores},
      into_{into}
{
    if (stores.feed)
        follower_.emplace(control, fleet::follower::parts{*stores.feed, *stores.sessions, into, known_, reports.program()});
}

void fleet_news::load()
{
    auto const loaded =
        run_to_end(follower_ ? follower_->begin() : accounts::load_revocations(*stores_.sessions, into_, wall_now()));
    if (!loaded)
        throw startup_error{startup_error::blame::unavailable,
                            "storage: revocations cannot be read: " + describe(loaded.error())};
}

void fleet_news::ask(std::function<void(bool)> done)
{
    boost::asio::post(control_, [this, done = std::move(done)]() mutable { follower_->ask(std::move(done)); });
}

void fleet_news::run()
{
    if (follower_) follower_->run();
}

void fleet_news::stop()
{
    if (follower_) follower_->stop();
}

std::optional<milliseconds> fleet_news::age() const
{
    if (!follower_) return std::nullopt;
    return follower_->read_figures().age;
}

void fleet_news::report(telemetry::observations& seen) const
{
    if (!follower_) return;
    auto const now = follower_->read_figures();
    auto const words = stores_.feed->activity();
    seen.revocations = {seconds_of(now.age), now.looks, now.failures, words.told, words.heard, figures_of(words.stream)};
}

std::optional<control::readiness_check> fleet_news::check() const
{
    if (!follower_) return std::nullopt;
    auto fine = []() -> std::optional<std::string> { return std::nullopt; };
    auto remark = [this] {
        auto const age = seconds_of(follower_->read_figures().age);
        return fmt::format("all that was revoked until {:.1f} s ago is known{}", age, words_of(stores_.feed->activity().stream));
    };
    return control::readiness_check{"revocations", fine, remark};
}

} // namespace yett::app
