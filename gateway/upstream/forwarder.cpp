#include "gateway/upstream/forwarder.hpp"

#include "gateway/telemetry/metrics.hpp"
#include "gateway/upstream/transfer.hpp"
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

} // namespace

forwarder::forwarder(forward_options options, surroundings const& around)
    : options_{std::move(options)},
      around_{around},
      pool_{options_.server, options_.connections, {around.executor, around.deadlines, around.figures}}
{
}

task<result<void>> forwarder::forward(policies::permit const& permit, http::exchange& ex, forward_context const& context)
{
    context.seen.server = options_.server.text;
    transfer::parties const parties{ex,
                                    permit.who().get(),
                                    context,
                                    options_,
                                    pool_,
                                    around_.executor,
                                    around_.deadlines,
                                    around_.figures.websockets,
                                    around_.figures.dropped_fields};
    transfer t{parties};
    // Whatever is thrown, nobody may be left behind who refers to this exchange.
    std::exception_ptr thrown;
    result<void> outcome = our_error(errc::internal);
    try {
        outcome = co_await t.run();
    } catch (...) {
        thrown = std::current_exception();
    }
    if (t.has_loose_ends()) co_await t.tie_up();
    t.release();
    if (!outcome && t.ended() != errc{}) outcome = client_error(t.ended(), "the session ended meanwhile");
    if (!outcome && ex.begun()) ex.abort();
    count(outcome, context.seen);
    if (thrown) std::rethrow_exception(thrown);
    co_return outcome;
}

void forwarder::count(result<void> const& outcome, observation const& seen)
{
    around_.figures.requests[outcome_of(outcome)].add();
    if (seen.duration) around_.figures.reply_duration.observe(*seen.duration);
    if (seen.retries > 0) around_.figures.retries.add(seen.retries);
}

} // namespace yett::upstream
