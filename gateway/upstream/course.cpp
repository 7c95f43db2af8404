#include "gateway/upstream/course.hpp"

#include "gateway/telemetry/metrics.hpp"
#include "gateway/upstream/load/retry_budget.hpp"

// What is counted, and against what. A request that was sent and is sent again is work done twice: `retries`
// bounds it for one request and the budget for all of them. An old connection says nothing of its server, and
// happens once at each: it counts for the budget alone. A server that takes no connection costs the others
// nothing that they would not have had anyway, so that passing it over is bound by the number of servers alone;
// otherwise two dead servers of three would spend the budget of a day in which nothing was sent twice.

namespace yett::upstream {
namespace {

// Some failures do not say at which server they happened.
std::string told(error const& why, std::string const& server)
{
    auto text = why.note().find(server) == std::string::npos ? server + ": " + why.note() : why.note();
    if (why.cause()) text.append(" (").append(why.cause().message()).append(")");
    return text;
}

} // namespace

course::course(cluster& servers, affinity const& who, terms const& with, observation& seen)
    : others_{servers.choose(who)},
      to_{others_.next()},
      with_{with},
      seen_{seen},
      left_{with.retries}
{
    seen_.server = to_->name();
}

bool course::may_turn(steady_time now) const noexcept
{
    return with_.several && left_ > 0 && with_.budget.has_room(now);
}

bool course::pass_over(error const& why)
{
    to_->note({why, 0, false});
    if (with_.retries == 0) return false;
    auto const& left_behind = to_->name();
    if (!turn_to_next()) return false;
    note(told(why, left_behind));
    return true;
}

bool course::go_on(next_attempt to, bool was_sent, error const& why, steady_time now)
{
    if (to == next_attempt::none || left_ == 0) return false;
    if (to == next_attempt::another_server && !with_.several) return false;
    if (was_sent && !with_.budget.has_room(now)) {
        with_.figures.retries_refused.add();
        return false;
    }
    auto& left_behind_at = *to_;
    if (to == next_attempt::same_server) anew_ = true;
    else if (!turn_to_next()) return false;
    else left_behind_at.note({why, 0, false});
    auto const& left_behind = left_behind_at.name();
    if (was_sent) (void)with_.budget.take(now);
    if (to == next_attempt::another_server) --left_;
    note(told(why, left_behind));
    return true;
}

bool course::turn_to_next()
{
    auto* const next = others_.next();
    if (!next) return false;
    to_ = next;
    anew_ = false;
    return true;
}

// The log tells of the last server alone what it tells of a server; of the others it has their failure.
void course::note(std::string const& failure)
{
    if (!seen_.failed.empty()) seen_.failed += "; ";
    seen_.failed += failure;
    ++seen_.retries;
    seen_.server = to_->name();
    seen_.status = 0;
    seen_.duration.reset();
}

} // namespace yett::upstream
