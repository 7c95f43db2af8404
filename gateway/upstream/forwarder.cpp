#include "gateway/upstream/forwarder.hpp"

#include "gateway/telemetry/metrics.hpp"
#include "gateway/upstream/forwarding.hpp"
#include "gateway/upstream/load/in_flight_limit.hpp"
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
    case errc::overloaded: return upstream_outcome::overloaded;
    default: return upstream_outcome::unavailable;
    }
}

task<result<reservation>> take(server_connections& from, wanted_connection const& wanted, bool anew)
{
    return anew ? from.take_new(wanted) : from.take_any(wanted);
}

// A turn that its request knows of, so that it need not be waited for when the client has gone.
class own_turn
{
public:
    own_turn(forwarding& f, bool urgent) : request_{f}, turn_{f.context().counted_as, urgent} { request_.waits_by(&turn_); }
    ~own_turn() { request_.waits_by(nullptr); }
    own_turn(own_turn const&) = delete;
    own_turn& operator=(own_turn const&) = delete;

    turn& get() noexcept { return turn_; }

private:
    forwarding& request_;
    turn turn_;
};

affinity who_asks(forwarding const& f) noexcept
{
    auto const* const who = f.who().who;
    return {who ? std::string_view{who->subject} : std::string_view{}, f.context().counted_as};
}

std::unique_ptr<in_flight_limit> in_flight_of(forward_options const& o, dependencies const& around)
{
    return o.in_flight ? std::make_unique<in_flight_limit>(*o.in_flight, around) : nullptr;
}

} // namespace

forwarder::forwarder(forward_options options, dependencies const& around)
    : options_{std::move(options)},
      around_{around},
      budget_{options_.retry_budget},
      in_flight_{in_flight_of(options_, around_)},
      cluster_{options_.servers, options_.connections, options_.balancing, options_.all, around_, options_.seed}
{
}

// Who waits for a turn goes first: those who give up connections would wake them otherwise.
forwarder::~forwarder()
{
    in_flight_.reset();
}

task<result<void>> forwarder::forward(policies::permit const& permit, http::exchange& ex, forward_context const& context)
{
    forwarding f{ex, {permit.who().get(), permit.certificate()}, context};
    // Whatever is thrown, nobody may be left behind who refers to this exchange.
    std::exception_ptr thrown;
    result<void> outcome = our_error(errc::internal);
    try {
        outcome = co_await bring(f);
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

// No coroutine, so that a bound that is not configured costs a comparison.
task<result<void>> forwarder::bring(forwarding& f)
{
    return in_flight_ ? bring_in_turn(f) : try_servers(f);
}

// A body is gathered before: a client that takes its time with it must not keep the others from the application. Silence
// is the slowest reply there is; the others tell the bound themselves (`attempt`).
task<result<void>> forwarder::bring_in_turn(forwarding& f)
{
    if (!f.take_body()) {
        auto const gathered = co_await f.gather_body();
        if (!gathered) co_return gathered.error();
    }
    own_turn own{f, is_urgent(f)};
    if (!in_flight_->try_take(own.get())) {
        auto const taken = co_await in_flight_->take(own.get());
        if (!taken) co_return taken.error();
    }
    auto outcome = co_await try_servers(f);
    if (!outcome && outcome.error() == errc::upstream_timeout) own.get().replied(options_.reply_timeout, around_.deadlines.now());
    co_return outcome;
}

bool forwarder::is_urgent(forwarding& f) const
{
    return http::is_safe(f.request().method()) && f.exchange().where().path() == options_.urgent_path;
}

// The loop over attempts. The way of most requests is its first round: a kept connection is at hand and
// what is sent on it is answered.
task<result<void>> forwarder::try_servers(forwarding& f)
{
    if (f.is_abandoned()) co_return client_went_away();
    budget_.count_request(around_.deadlines.now());
    course way{cluster_, who_asks(f), terms(), f.context().seen};
    if (!f.take_body()) {
        auto const gathered = co_await f.gather_body();
        if (!gathered) co_return gathered.error();
    }

    bool is_bound = false;
    for (;;) {
        reservation taken;
        if (!way.wants_new_connection()) taken = way.to().connections().take_kept(f.wanted());
        if (!taken) {
            auto found = co_await reserve(f, way);
            if (!found) co_return found.error();
            taken = std::move(*found);
        }
        if (is_bound) taken.bind();
        auto& attempt = f.begin_attempt(way, std::move(taken), options_, around_);
        auto outcome = co_await attempt.run();
        if (outcome || !outcome.error().retryable()) {
            way.to().note({outcome, f.context().seen.status, attempt.was_kept()});
            co_return outcome;
        }
        is_bound = attempt.is_bound();
        f.end_attempt();
    }
}

// The loop over servers: nothing was sent yet, so that any of them will do.
task<result<reservation>> forwarder::reserve(forwarding& f, course& way)
{
    auto const wanted = f.wanted();
    for (;;) {
        auto& connections = way.to().connections();
        auto found = co_await take(connections, wanted, way.wants_new_connection());
        if (found && f.is_gone()) co_return client_went_away();
        if (found) co_return std::move(found);
        auto why = found.error();
        if (!why.retryable() || !way.pass_over(why)) co_return why;
    }
}

course::terms forwarder::terms() noexcept
{
    return {budget_, around_.figures, options_.retries, options_.servers.size() > 1};
}

void forwarder::count(result<void> const& outcome, observation const& seen)
{
    around_.figures.requests[outcome_of(outcome)].add();
    if (seen.duration) around_.figures.reply_duration.observe(*seen.duration);
    if (seen.retries > 0) around_.figures.retries.add(seen.retries);
}

} // namespace yett::upstream
