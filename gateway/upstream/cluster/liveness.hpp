#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/upstream/cluster/options.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace yett::upstream {

// Whether a connection that others rely on still lives, decided by when something was heard of it: silence is
// nothing while nobody waits for a word, and else a reason to ask (PING, RFC 9113 section 6.7), and to give it up
// when that is not answered. Any word is an answer.
//
// gRPC servers end connections that ask more often than every five minutes (their GOAWAY says too_many_pings).
class liveness
{
public:
    enum class step : std::uint8_t
    {
        wait,
        ask,
        give_up,
    };
    // What to do now, and when to look again; zero: not before something else happens.
    struct advice
    {
        step is;
        milliseconds again;
    };

    liveness(http2_options const& how, steady_time now) noexcept : how_{how}, heard_at_{now} {}

    void heard(steady_time now) noexcept
    {
        heard_at_ = now;
        asked_at_.reset();
    }
    // Somebody begins to wait for it, and nobody did before: the silence until now was none. When to look, as `advice` says it.
    milliseconds begin_waiting(steady_time now) noexcept
    {
        if (asked_at_) return std::max(until(how_.ping_timeout, now - *asked_at_), milliseconds{1});
        heard_at_ = now;
        return how_.ping_interval;
    }
    // Somebody waited for that long in vain, and the connection was as silent: true when it is to be asked at once.
    bool doubt(milliseconds waited, steady_time now) noexcept
    {
        if (asked_at_ || now - heard_at_ < waited) return false;
        asked_at_ = now;
        return true;
    }
    // `awaited`: a request is under way on it.
    advice look(bool awaited, steady_time now) noexcept
    {
        if (asked_at_) return to_answer(now);
        if (!awaited || how_.ping_interval.count() == 0) return {step::wait, {}};
        auto const silent = now - heard_at_;
        if (silent < how_.ping_interval) return {step::wait, until(how_.ping_interval, silent)};
        asked_at_ = now;
        return {step::ask, how_.ping_timeout};
    }

private:
    advice to_answer(steady_time now) const noexcept
    {
        auto const asked = now - *asked_at_;
        if (asked >= how_.ping_timeout) return {step::give_up, {}};
        return {step::wait, until(how_.ping_timeout, asked)};
    }
    static milliseconds until(milliseconds end, steady_time::duration passed) noexcept
    {
        return std::chrono::ceil<milliseconds>(end - passed);
    }

    http2_options how_;
    steady_time heard_at_;                // or began to be waited for
    std::optional<steady_time> asked_at_; // and not answered yet
};

} // namespace yett::upstream
