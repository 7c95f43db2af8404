#include "gateway/pipeline/authentication/missing_keys.hpp"

#include "gateway/base/async/waiter.hpp"
#include "gateway/tokens/verifier.hpp"

#include <utility>

// A token whose `kid` nobody knows may be signed by a key that its issuer published a moment ago.
// Its request waits, two seconds at most, while the set is fetched anew; whether it may be fetched
// is the issuer's watch to say, which asks rarely however many ask it. Anybody can send any `kid`,
// so requests that wait are bounded, and those beyond are answered as if nobody had looked.
//
// They go on from the event loop (`wake_later`) and not on the stack of whoever brought the keys,
// which may be in the midst of something.

namespace yett::pipeline {
namespace {

constexpr milliseconds wait_timeout{2000};
constexpr std::size_t most_waiting = 4096;

} // namespace

missing_keys::missing_keys(parts p) : parts_{std::move(p)} {}

missing_keys::~missing_keys()
{
    for (auto* each : std::exchange(waiting_, {})) each->drop();
}

std::optional<std::size_t> missing_keys::issuer_to_ask(tokens::verifier const& judge, std::string_view token) const
{
    if (!parts_.ask || waiting_.size() >= most_waiting) return std::nullopt;
    auto const issuer = judge.issuer_lacking_key(token);
    return issuer && !judge.issuers()[*issuer].own ? issuer : std::nullopt; // our own keys are all here
}

steady_time missing_keys::wait_deadline() const noexcept
{
    return parts_.times.now() + wait_timeout;
}

task<bool> missing_keys::wait(steady_time until)
{
    base::waiter here;
    bool in_time = true;
    base::deadlines::entry limit{[this, &here, &in_time] {
        in_time = false;
        give_up(here);
    }};
    waiting_.push_back(&here);
    parts_.times.arm(limit, until);
    co_await here.wait();
    co_return in_time;
}

void missing_keys::give_up(base::waiter& one)
{
    std::erase(waiting_, &one);
    one.wake_later(parts_.on);
}

void missing_keys::arrived()
{
    for (auto* each : std::exchange(waiting_, {})) each->wake_later(parts_.on);
}

} // namespace yett::pipeline
