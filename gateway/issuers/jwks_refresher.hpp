#pragma once

#include "gateway/issuers/fetch_keys.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace yett::telemetry {
class log;
} // namespace yett::telemetry

namespace yett::issuers {

// What a scrape and /readyz show.
struct refresher_figures
{
    std::uint64_t fetches = 0; // attempts that succeeded
    std::array<std::uint64_t, static_cast<std::size_t>(fetch_error::kind::count_)> setbacks{};
    std::uint64_t questions = 0; // attempts because of an unknown key
};

// Keeps the keys of one issuer up to date, on a thread of its own: no slow issuer delays
// another. Fetches as `refresh_policy` says, and when a token names a key that is not there.
class jwks_refresher
{
public:
    struct parts
    {
        issuers::source source;
        issuers::refresh_policy refresh_policy;
        std::unique_ptr<issuers::web> web;
        telemetry::log& log; // outlives the refresher
    };
    explicit jwks_refresher(parts p);
    // Interrupts what is under way, and waits for its end.
    ~jwks_refresher();
    jwks_refresher(jwks_refresher const&) = delete;
    jwks_refresher& operator=(jwks_refresher const&) = delete;

    // What an attempt came to. Whoever gets it calls `landed` with its number once
    // everybody has the keys.
    struct outcome
    {
        std::uint64_t number = 0;
        bool changed = false; // `keys` differ from those of the attempt before
        std::vector<tokens::verification_key> keys;
    };
    // Starts; calls `tell` on the refresher's thread after each attempt.
    void start(std::function<void(outcome)> tell);
    // Any thread: lets what is under way, and all that follows, come to its end within a second.
    void interrupt() noexcept;
    // Waits until the first attempt is over. It may have failed.
    void wait_for_first();

    // Says that a token names a key that is not there. True when an attempt that may bring
    // it is under way; then it is worth waiting for. Any thread, and cheap when not.
    bool ask();
    // Every worker has the keys of that attempt now: tokens that name a key it did not bring need
    // not wait any more.
    void landed(std::uint64_t number) noexcept;

    // Any thread.
    issuers::jwks_state jwks_state() const;
    refresher_figures figures() const;
    std::string const& issuer() const noexcept { return parts_.source.issuer; }

private:
    // The thread: an attempt, then a wait until the next is due or somebody asks.
    void run(std::stop_token const& stopping);
    void attempt();
    outcome settle_attempt(fetched<key_reply> got);
    void note(issuers::jwks_state const& before, bool changed);

    parts parts_;
    std::function<void(outcome)> tell_;
    mutable std::mutex mutex_;
    std::condition_variable_any wake_;
    issuers::jwks_state state_;
    refresher_figures figures_;
    // Numbers of attempts, from 1; see the source for how they answer `ask`.
    std::optional<steady_time> asked_at_;
    std::uint64_t begun_ = 0; // number of the last attempt that began
    std::uint64_t ended_ = 0;
    std::atomic<std::uint64_t> wanted_{0}; // number of the last attempt that answers a question
    std::atomic<std::uint64_t> landed_{0};
    std::atomic<steady_time::rep> may_ask_at_{0};
    std::jthread thread_; // last: it uses the rest
};

} // namespace yett::issuers
