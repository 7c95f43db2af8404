#include "gateway/app/keys/issuer_watches.hpp"

#include "gateway/app/parts/logs.hpp"
#include "gateway/app/parts/translate.hpp"
#include "gateway/telemetry/metrics.hpp"

#include <boost/asio/post.hpp>

namespace yett::app {
namespace {

telemetry::issuer_figures figures_of(issuers::watch const& one, steady_time now)
{
    auto const stands = one.standing();
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
        shown.fetches.emplace_back(name_of(static_cast<issuers::setback::kind>(i)), counted.setbacks[i]);
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
        issuers::watch::parts parts{source_of(all[i]), all[i].refresh, issuers::make_web(web_of(all[i])), reports.program()};
        watched_.push_back({token_keys::place_of_issuer(i), std::make_unique<issuers::watch>(std::move(parts))});
    }
}

// All are interrupted before the first is waited for.
issuer_watches::~issuer_watches()
{
    for (auto& each : watched_) each.watch->interrupt();
}

void issuer_watches::open()
{
    for (auto& each : watched_)
        each.watch->start([this, &each](issuers::watch::outcome const& got) {
            boost::asio::post(control_, [this, &each, got] { take(each, got); });
        });
    for (auto& each : watched_) {
        each.watch->wait_for_first();
        keys_.use(each.at, each.watch->standing().keys);
    }
    if (any()) keys_.compose();
}

void issuer_watches::run(publisher give_to_workers, std::function<void()> news)
{
    give_to_workers_ = std::move(give_to_workers);
    news_ = std::move(news);
}

void issuer_watches::take(watched& from, issuers::watch::outcome const& got)
{
    auto const landed = [this, &from, number = got.number] {
        from.watch->landed(number);
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
        if (each.at == issuer) return each.watch->ask();
    return false;
}

void issuer_watches::report(telemetry::observations& into) const
{
    auto const now = steady_now();
    for (auto const& each : watched_) into.issuers.push_back(figures_of(*each.watch, now));
}

std::vector<control::readiness_check> issuer_watches::checks() const
{
    std::vector<control::readiness_check> made;
    for (auto const& each : watched_) {
        auto const& watch = *each.watch;
        auto const why_not = [&watch]() -> std::optional<std::string> {
            auto const stands = watch.standing();
            if (stands.fetched_at) return std::nullopt;
            return describe(stands, steady_now());
        };
        made.push_back({"issuer " + watch.issuer(), why_not, [&watch] { return describe(watch.standing(), steady_now()); }});
    }
    return made;
}

} // namespace yett::app
