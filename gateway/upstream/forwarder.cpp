#include "gateway/upstream/forwarder.hpp"

#include "gateway/telemetry/metrics.hpp"
#include "gateway/upstream/forwarding.hpp"
#include "policies/permit.hpp"

#include <exception>

namespace yett::upstream {
namespace {

using telemetry::upstream_outcome;

upstream_outcome outcome_of(result<void> const& r) noexcept
{
    if (r) return upstream_outcome::ok;
    auto const e = r.error();
    if (e.from() != origin::upstream) return upstream_outcome::abandoned;
    switch (e.code()) {
    case errc::upstream_timeout: return upstream_outcome::timeout;
    case errc::upstream_broken: return upstream_outcome::broken;
    default: return upstream_outcome::unavailable;
    }
}

task<result<reservation>> take(pool& from, wanted_connection const& wanted, bool anew)
{
    return anew ? take_new(from, wanted) : take_any(from, wanted);
}

} // namespace

// Where a request stands between its servers.
struct forwarder::course
{
    explicit course(cluster::candidates all) noexcept : others{all}, to{others.next()} {}
    bool turn_to_next() noexcept
    {
        auto* const next = others.next();
        if (!next) return false;
        to = next;
        anew = false;
        return true;
    }

    cluster::candidates others;
    server* to;
    bool anew = false; // the last attempt found a kept connection dead: the next one is on a new one
};

forwarder::forwarder(forward_options options, dependencies const& around)
    : options_{std::move(options)},
      around_{around},
      cluster_{options_.servers, options_.connections, around_}
{
}

task<result<void>> forwarder::forward(policies::permit const& permit, http::exchange& ex, forward_context const& context)
{
    forwarding f{ex, permit.who().get(), context};
    // Whatever is thrown, nobody may be left behind who refers to this exchange.
    std::exception_ptr thrown;
    result<void> outcome = our_error(errc::internal);
    try {
        outcome = co_await try_servers(f);
    } catch (...) {
        thrown = std::current_exception();
    }
    if (f.has_running_tasks()) co_await f.join();
    f.end_attempt();
    if (!outcome && f.ended() != errc{}) outcome = client_error(f.ended(), "the session ended meanwhile");
    if (!outcome && ex.begun()) ex.abort();
    count(outcome, context.seen);
    if (thrown) std::rethrow_exception(thrown);
    co_return outcome;
}

// The loop over attempts. The way of most requests is its first round: a kept connection is at hand and
// what is sent on it is answered.
task<result<void>> forwarder::try_servers(forwarding& f)
{
    course way{cluster_.choose()};
    auto& seen = f.context().seen;
    seen.server = way.to->name();
    if (f.is_abandoned()) co_return client_went_away();
    if (!f.take_body()) {
        auto const gathered = co_await f.gather_body();
        if (!gathered) co_return gathered.error();
    }

    bool is_bound = false;
    for (;; ++seen.retries) {
        reservation taken;
        if (!way.anew) taken = take_kept(way.to->connections(), f.wanted());
        if (!taken) {
            auto found = co_await reserve(f, way);
            if (!found) co_return found.error();
            taken = std::move(*found);
        }
        if (is_bound) taken.bind();
        auto& attempt = f.begin_attempt(*way.to, std::move(taken), options_, around_);
        auto outcome = co_await attempt.run();
        if (outcome || !may_go_on(outcome.error(), seen)) co_return outcome;
        is_bound = attempt.is_bound();
        f.end_attempt();
        way.anew = true;
    }
}

// The loop over servers: nothing was sent yet, so that any of them will do.
task<result<reservation>> forwarder::reserve(forwarding& f, course& way)
{
    auto& seen = f.context().seen;
    auto const wanted = f.wanted();
    for (;; ++seen.retries) {
        auto& connections = way.to->connections();
        auto found = co_await take(connections, wanted, way.anew);
        if (found && f.is_gone()) co_return client_went_away();
        if (found || !may_go_on(found.error(), seen) || !way.turn_to_next()) co_return std::move(found);
        seen.server = way.to->name();
    }
}

bool forwarder::may_go_on(error const& after, observation const& seen) const noexcept
{
    return after.retryable() && seen.retries < options_.retries;
}

void forwarder::count(result<void> const& outcome, observation const& seen)
{
    around_.figures.requests[outcome_of(outcome)].add();
    if (seen.duration) around_.figures.reply_duration.observe(*seen.duration);
    if (seen.retries > 0) around_.figures.retries.add(seen.retries);
}

} // namespace yett::upstream
