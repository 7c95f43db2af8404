#include "gateway/pipeline/authentication/renewals.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/sessions/refresh.hpp"
#include "gateway/base/async/waiter.hpp"
#include "gateway/pipeline/request/paid_checks.hpp"
#include "gateway/tokens/opaque/refresh_token.hpp"

#include <algorithm>
#include <vector>

// A page of forty parts sends forty requests with the same refresh token in the same moment, and the
// browser sends more with the old cookies until a reply has brought the new ones. A flight is one
// exchange of one refresh token, under the token's hash. The first who asks makes it, and everybody
// who asks until it lands, and `remembered_for` after it has landed well, gets the same outcome.
//
// What makes that safe is not this class: the store answers the directly previous token inside the
// grace with the same successor, on whatever worker or node. Flights spare the store thirty-nine of
// forty questions, and those who only would like a renewal the wait (`needed`).
//
// A failed flight is told to those who wait for it and forgotten at once. Remembering it would turn a
// store that stumbled for a moment into five seconds of logins.
//
// Waiters are woken through the executor, never in place: whoever lands the flight goes on first. Between `emplace` and `land`
// nothing removes the entry, since `forget_old` only knows flights that have landed; so the iterator
// that is kept across the wait stays good.

namespace yett::pipeline {
namespace {

// As long as requests may be under way that were sent with the old cookies.
constexpr seconds remembered_for{5};

} // namespace

bool is_near_end(identity const& who, wall_time now) noexcept
{
    return !who.session.empty() && (who.expires_at - now) * 4 < who.expires_at - who.issued_at;
}

struct renewals::flight
{
    std::optional<renewal> outcome;
    std::vector<base::waiter*> waiting;
};

renewals::renewals(parts p) : parts_{std::move(p)} {}

renewals::~renewals()
{
    for (auto const& [hash, f] : flights_)
        for (auto* each : std::exchange(f->waiting, {})) each->drop();
}

task<std::optional<renewals::renewal>> renewals::renew(request asked, wall_time now)
{
    forget_old(now);
    auto const presented = tokens::read_refresh_token(asked.refresh_token);
    if (!presented) {
        renewal refused{errc::token_invalid, now, false};
        co_return refused;
    }
    if (auto const known = flights_.find(presented->hash); known != flights_.end())
        co_return co_await share(known->second, asked.needed);
    auto const paid = asked.pays ? asked.pays->take_for_question() : result<void>{};
    if (!paid) {
        renewal refused{paid.error(), now, false};
        co_return refused;
    }
    auto const at = flights_.emplace(presented->hash, std::make_shared<flight>()).first;
    auto given = co_await exchange(std::move(asked));
    renewal outcome{std::move(given), now, false};
    land(at, outcome);
    co_return outcome;
}

task<std::optional<renewals::renewal>> renewals::share(std::shared_ptr<flight> with, bool needed)
{
    if (!with->outcome && !needed) co_return std::nullopt;
    if (!with->outcome) {
        base::waiter here;
        with->waiting.push_back(&here);
        co_await here.wait();
    }
    auto outcome = *with->outcome;
    outcome.shared = true;
    co_return outcome;
}

// Throws nothing: others wait for the outcome.
task<result<std::shared_ptr<accounts::grant const>>> renewals::exchange(request asked)
{
    try {
        auto patient = parts_.services;
        auto const grace = patient.rules.refresh_grace + std::chrono::ceil<seconds>(parts_.longest_reply);
        patient.rules.refresh_grace = grace;
        accounts::refresh_request wanted{secret{std::string{asked.refresh_token}}, std::move(asked.from)};
        auto given = co_await accounts::refresh(patient, std::move(wanted), patient.now());
        if (!given) co_return given.error();
        co_return std::make_shared<accounts::grant const>(std::move(*given));
    } catch (std::exception const& defect) {
        co_return our_error(errc::internal, defect.what());
    }
}

// A failure is told to those who wait and forgotten: the next request may try again.
void renewals::land(flights::iterator at, renewal outcome)
{
    auto const landed = at->second;
    if (outcome.given) landed_.emplace_back(outcome.at, at->first);
    else flights_.erase(at);
    landed->outcome = std::move(outcome);
    for (auto* each : std::exchange(landed->waiting, {})) each->wake_later(parts_.on);
}

void renewals::forget_old(wall_time now)
{
    while (!landed_.empty() && landed_.front().first + remembered_for < now) {
        flights_.erase(landed_.front().second);
        landed_.pop_front();
    }
}

} // namespace yett::pipeline
