#include "gateway/issuers/jwks_refresher.hpp"

#include "gateway/base/random.hpp"
#include "gateway/telemetry/log.hpp"

#include <pthread.h>

#include <algorithm>

// Numbers order what two threads see. `begun_` is the attempt that runs or ran last, `ended_` the
// last whose outcome was told, `wanted_` the one that an unknown key asks for, `landed_` the last
// that every worker has. A token that names an unknown key is worth waiting for as long as `landed_
// < wanted_`: the answer may be there already and be on its way to the workers.
//
// Asking is cheap when it is not allowed, because anybody can send tokens with made-up keys: one
// comparison with a moment that is read without the lock (`may_ask_at_`). Attempts are made by the
// thread alone, so there is never more than one, and what it has fetched is settled under the mutex
// and told outside of it.

namespace yett::issuers {
namespace {

double throw_dice()
{
    return static_cast<double>(random_u64() >> 11) * 0x1p-53;
}

bool is_among(std::vector<displaced_key> const& any, displaced_key const& one)
{
    return std::ranges::any_of(any, [&](auto const& other) { return other.key.fingerprint() == one.key.fingerprint(); });
}

} // namespace

jwks_refresher::jwks_refresher(parts p) : parts_{std::move(p)} {}

jwks_refresher::~jwks_refresher()
{
    interrupt();
}

void jwks_refresher::interrupt() noexcept
{
    thread_.request_stop();
    parts_.web->interrupt();
}

void jwks_refresher::start(std::function<void(outcome)> tell)
{
    tell_ = std::move(tell);
    thread_ = std::jthread{[this](std::stop_token const& stopping) {
        pthread_setname_np(pthread_self(), "issuer");
        run(stopping);
    }};
}

void jwks_refresher::wait_for_first()
{
    std::unique_lock lock{mutex_};
    wake_.wait(lock, [this] { return ended_ > 0; });
}

void jwks_refresher::run(std::stop_token const& stopping)
{
    while (!stopping.stop_requested()) {
        attempt();
        std::unique_lock lock{mutex_};
        auto const asked = [this] { return wanted_ > begun_; };
        wake_.wait_until(lock, stopping, state_.due, asked);
    }
}

void jwks_refresher::attempt()
{
    {
        std::scoped_lock const lock{mutex_};
        ++begun_;
    }
    auto got = settle_attempt(fetch_keys(*parts_.web, parts_.source, steady_now() + parts_.source.timeout));
    tell_(std::move(got));
    std::scoped_lock const lock{mutex_};
    ended_ = begun_;
    wake_.notify_all();
}

jwks_refresher::outcome jwks_refresher::settle_attempt(fetched<key_reply> got)
{
    std::scoped_lock const lock{mutex_};
    auto const before = state_;
    auto const changed = settle(state_, std::move(got), parts_.refresh_policy, steady_now(), throw_dice());
    // A set that was fetched may still be of no use.
    if (state_.trouble) ++figures_.setbacks[static_cast<std::size_t>(state_.trouble->what)];
    else ++figures_.fetches;
    note(before, changed);
    return {begun_, changed, state_.keys};
}

// Once for each change, however often the same is found.
void jwks_refresher::note(issuers::jwks_state const& before, bool changed)
{
    auto& log = parts_.log;
    auto const& now = state_;
    if (changed) log.info("the keys of an issuer changed", {{"issuer", issuer()}, {"keys", now.keys.size()}});
    if (before.complaints != now.complaints)
        for (auto const& each : now.complaints) log.warning("a key was left out", {{"issuer", issuer()}, {"key", each}});
    for (auto const& one : now.displaced)
        if (!is_among(before.displaced, one))
            log.warning("a kid stands for another key than before", {{"issuer", issuer()}, {"kid", one.key.kid()}});
    auto const another = now.trouble && (!before.trouble || before.trouble->what != now.trouble->what);
    if (another)
        log.warning("the keys of an issuer cannot be fetched", {{"issuer", issuer()},
                                                                {"reason", name_of(now.trouble->what)},
                                                                {"note", now.trouble->note},
                                                                {"keys", now.keys.size()}});
    if (before.trouble && !now.trouble) log.info("the keys of an issuer can be fetched again", {{"issuer", issuer()}});
}

bool jwks_refresher::ask()
{
    auto const now = steady_now();
    if (now.time_since_epoch().count() < may_ask_at_) return landed_ < wanted_;
    std::scoped_lock const lock{mutex_};
    if (!may_ask(parts_.refresh_policy, asked_at_, now)) return landed_ < wanted_;
    asked_at_ = now;
    may_ask_at_ = (now + parts_.refresh_policy.between_questions).time_since_epoch().count();
    ++figures_.questions;
    wanted_ = begun_ + 1;
    wake_.notify_all();
    return true;
}

void jwks_refresher::landed(std::uint64_t number) noexcept
{
    landed_ = number;
}

jwks_state jwks_refresher::jwks_state() const
{
    std::scoped_lock const lock{mutex_};
    return state_;
}

refresher_figures jwks_refresher::figures() const
{
    std::scoped_lock const lock{mutex_};
    return figures_;
}

} // namespace yett::issuers
