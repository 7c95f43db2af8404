#include "gateway/pipeline/request/paid_checks.hpp"

#include "gateway/pipeline/request/request_context.hpp"

#include <algorithm>

// The clock is read where something is taken, which most requests never do. Who is proved by a token in memory is noted by
// the time their request began.

namespace yett::pipeline {
namespace {

limits::network client_of(request_context const& context) noexcept
{
    return limits::network::of(context.asked.from.address);
}

limits::verification_budget& budget_of(request_context const& context) noexcept
{
    return *context.snapshot->shared->verifications;
}

} // namespace

result<void> paid_checks::take()
{
    if (budget_of(context_).take(client_of(context_), paid_, context_.asked.now, steady_now())) return {};
    return client_error(errc::rate_limited, std::string{"the limit "} + limits::for_verifications);
}

void paid_checks::give_back() noexcept
{
    if (paid_.count > 0) budget_of(context_).give_back(client_of(context_), paid_, steady_now());
}

result<void> paid_checks::take_for_question()
{
    if (paid_.count > 0) return {};
    return take();
}

seconds wait_for_check(request_context const& context) noexcept
{
    auto const wait = budget_of(context).wait(client_of(context), context.asked.now, steady_now());
    return std::max(std::chrono::ceil<seconds>(wait), seconds{1});
}

void note_proved(request_context const& context) noexcept
{
    budget_of(context).note_proved(client_of(context), context.asked.now);
}

} // namespace yett::pipeline
