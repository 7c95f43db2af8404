#include "gateway/app/keys/issuer_watches.hpp"

#include "gateway/app/parts/logs.hpp"
#include "gateway/app/parts/translate.hpp"
#include "gateway/telemetry/metrics.hpp"

#include <boost/asio/post.hpp>

// Each issuer whose keys come from the web has a `jwks_refresher` with a thread of its own, for
// libcurl waits. What it fetched is taken over on the control thread: keys are put together with
// everybody else's, and the whole goes to all workers. Only when the last worker has it does the
// refresher learn that its answer has landed, and requests that waited for a key are woken; a
// worker without the new keys would send them to sleep a second time.

namespace yett::app {
namespace {

telemetry::issuer_figures figures_of(issuers::jwks_refresher const& one, steady_time now)
{
    auto const stands = one.jwks_state();
    auto const counted = one.figures();
    telemetry::issuer_figures shown;
    shown.issuer = one.issuer();
    shown.keys = stands.keys.size();
    shown.displaced = stands.displaced.size();
    shown.left_out = stands.complaints.size();
    if (stands.fetched_at) shown.age_seconds = std::chrono::duration<double>(now - *stands.fetched_at).count();
    shown.questions = counted.questions;
    shown.fetches.emplace_back("ok", counted.fetches);
    for (std::size_t i = 0; i < counted.setbacks.size(); ++i)
        shown.fetches.emplace_back(name_of(static_cast<issuers::fetch_error::kind>(i)), counted.setbacks[i]);
    return shown;
}

} // namespace

issuer_watches::issuer_watches(boost::asio::io_context& control, token_keys& keys, config::settings const& s, logs& reports)
    : control_{control},
      keys_{keys}
{
    auto const& all = s.tokens.issuers;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!all[i].jwks_file.empty()) continue;
        issuers::jwks_refresher::parts parts{source_of(all[i]), all[i].refresh, issuers::make_web(web_of(all[i])),
                                             reports.program()};
        watched_.push_back({token_keys::place_of_issuer(i), std::make_unique<issuers::jwks_refresher>(std::move(parts))});
    }
}

// All are interrupted before the first is waited for.
issuer_watches::~issuer_watches()
{
    for (auto& each : watched_) each.jwks_refresher->interrupt();
}

void issuer_watches::open()
{
    for (auto& each : watched_)
        each.jwks_refresher->start([this, &each](issuers::jwks_refresher::outcome const& got) {
            boost::asio::post(control_, [this, &each, got] { take(each, got); });
        });
    for (auto& each : watched_) {
        each.jwks_refresher->wait_for_first();
        keys_.use(each.at, each.jwks_refresher->jwks_state().keys);
    }
    if (any()) keys_.compose();
}

void issuer_watches::run(publisher give_to_workers, std::function<void()> news)
{
    give_to_workers_ = std::move(give_to_workers);
    news_ = std::move(news);
}

void issuer_watches::take(watched& from, issuers::jwks_refresher::outcome const& got)
{
    auto const landed = [this, &from, number = got.number] {
        from.jwks_refresher->landed(number);
        news_();
    };
    if (!got.changed) return landed();
    keys_.use(from.at, got.keys);
    keys_.compose();
    give_to_workers_(keys_.current(), landed);
}

bool issuer_watches::ask(std::size_t issuer)
{
    for (auto& each : watched_)
        if (each.at == issuer) return each.jwks_refresher->ask();
    return false;
}

void issuer_watches::report(telemetry::observations& into) const
{
    auto const now = steady_now();
    for (auto const& each : watched_) into.issuers.push_back(figures_of(*each.jwks_refresher, now));
}

std::vector<control::readiness_check> issuer_watches::checks() const
{
    std::vector<control::readiness_check> made;
    for (auto const& each : watched_) {
        auto const& jwks_refresher = *each.jwks_refresher;
        auto const why_not = [&jwks_refresher]() -> std::optional<std::string> {
            auto const stands = jwks_refresher.jwks_state();
            if (stands.fetched_at) return std::nullopt;
            return describe(stands, steady_now());
        };
        made.push_back({"issuer " + jwks_refresher.issuer(), why_not,
                        [&jwks_refresher] { return describe(jwks_refresher.jwks_state(), steady_now()); }});
    }
    return made;
}

} // namespace yett::app
