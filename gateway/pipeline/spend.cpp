#include "gateway/pipeline/passage.hpp"
#include "gateway/pipeline/pipeline.hpp"
#include "gateway/pipeline/world.hpp"

namespace yett::pipeline {
namespace {

limits::subject subject_of(http::exchange const& ex, passage const& seen)
{
    limits::subject who;
    who.client = limits::network::of(seen.from.address);
    if (seen.who) {
        who.user = seen.who->subject;
        who.token = seen.who->token_id;
    }
    who.account = seen.account;
    who.route = seen.route->index();
    who.header = [&head = ex.request()](std::string_view name) {
        auto const* field = head.find(name);
        return field ? field->value : std::string_view{};
    };
    return who;
}

bool went_well(http::exchange const& ex, error const* why)
{
    return !why && ex.status() < 400;
}

} // namespace

task<result<void>> pipeline::spend(std::span<limits::limit const* const> from, http::exchange& ex, passage& seen)
{
    if (from.empty()) co_return result<void>{};
    auto const& limiter = *seen.world->limiter;
    auto const who = subject_of(ex, seen);
    auto at_hand = limiter.spend_at_hand(from, who, ex.started_at());
    if (!at_hand) {
        auto waited = co_await limiter.spend(from, who, ex.started_at());
        if (!waited) co_return waited.error();
        at_hand = *waited;
    }
    seen.spent.push_back(*at_hand);
    for (auto const& each : at_hand->states()) {
        auto const is_own = each.of == seen.own_limit.get();
        auto& figures = station_.figures.limits[is_own ? seen.world->own_limit_slot : seen.world->limit_slots.at(each.of)];
        (each.of == at_hand->refused_by() ? figures.refused : figures.allowed).add();
    }
    if (!*at_hand) co_return client_error(errc::rate_limited, "the limit " + at_hand->refused_by()->name());
    co_return result<void>{};
}

// Gives back what was only lent: limits on failures count what failed, and no limit counts
// what was turned away for want of room.
void pipeline::settle(http::exchange const& ex, passage const& seen, error const* why)
{
    for (auto const& each : seen.spent) {
        if (!each.allowed()) continue;
        auto const& limiter = *seen.world->limiter;
        if (why && *why == errc::overloaded) limiter.give_back(each, subject_of(ex, seen), ex.started_at());
        else if (went_well(ex, why)) limiter.succeeded(each, subject_of(ex, seen), ex.started_at());
    }
}

} // namespace yett::pipeline
