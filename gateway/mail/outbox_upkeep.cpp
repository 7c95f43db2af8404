#include "gateway/mail/outbox_upkeep.hpp"

#include "gateway/telemetry/log.hpp"

#include <algorithm>

namespace yett::mail {

namespace {

constexpr milliseconds look_interval{5'000};
constexpr std::size_t marks_at_once = 1000;

} // namespace

task<void> outbox_upkeep::look(steady_time now)
{
    if (now < next_look_) co_return;
    next_look_ = now + std::min(look_interval, 5 * dependencies_.options.poll);
    auto const seen = co_await dependencies_.outbox.read_figures();
    if (!seen) co_return;
    for (std::size_t i = 0; i < seen->waiting.size(); ++i) dependencies_.figures.waiting[i] = seen->waiting[i];
    dependencies_.figures.oldest = seen->oldest ? seen->oldest->time_since_epoch().count() : 0;
    auto const forgotten =
        co_await dependencies_.outbox.sweep(dependencies_.options.now() - dependencies_.options.keep_marks, marks_at_once);
    if (!forgotten) dependencies_.log.error("old marks could not be removed", forgotten.error());
}

} // namespace yett::mail
