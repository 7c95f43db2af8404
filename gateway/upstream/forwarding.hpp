#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/identity.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/upstream/attempt.hpp"
#include "gateway/upstream/cluster/pool.hpp"
#include "gateway/upstream/cluster/reservation.hpp"
#include "gateway/upstream/forward_context.hpp"
#include "gateway/upstream/load/in_flight_limit.hpp"

#include <optional>

namespace yett::upstream {

// One request that is being forwarded: what holds over all its attempts, of which there is one at a
// time. It knows of the client that goes away and of the session that is over, whenever that happens,
// and tells whoever waits on behalf of the request.
class forwarding
{
public:
    // `who` is nobody for anonymous requests. All of it outlives this.
    forwarding(http::exchange& ex, proved_caller who, forward_context const& context);
    ~forwarding();
    forwarding(forwarding const&) = delete;
    forwarding& operator=(forwarding const&) = delete;

    http::exchange& exchange() noexcept { return exchange_; }
    http::head const& request() const noexcept { return exchange_.request(); }
    proved_caller const& who() const noexcept { return who_; }
    forward_context const& context() const noexcept { return context_; }

    // Takes what has arrived of the body, the first time. True when nothing is left to be gathered: that is all, the request has
    // none, or it was taken before.
    bool take_body() noexcept;
    // Reads on as far as bodies are held, so that the request can be sent again. Fails as
    // `http::exchange::gather_body` does, and with peer_broke_off when the client goes.
    task<result<void>> gather_body();
    http::message_part const& body() const noexcept { return body_; }

    // Its turn among the requests to the application, where they are bounded; null: no longer, or never.
    void waits_by(turn* own) noexcept { turn_ = own; }
    // A reply came after so long.
    void was_answered(std::chrono::nanoseconds after, steady_time now) noexcept
    {
        if (turn_) turn_->replied(after, now);
    }
    // It lasts longer than requests do from now on, and keeps no other from its turn.
    void count_no_more() noexcept
    {
        if (turn_) turn_->give_back();
    }

    // What a connection is taken by.
    wanted_connection wanted() noexcept { return {waiter_, exchange_.from().connection, may_be_repeated()}; }
    // Sending it again is possible, and the same as sending it once.
    bool may_be_repeated() const noexcept { return body_.last && method_is_idempotent(); }
    bool method_is_idempotent() const noexcept { return http::is_idempotent(request().method()); }
    // True the first time: what the application is not told is counted once.
    bool is_first_composed() noexcept { return !std::exchange(composed_, true); }

    attempt& begin_attempt(course& way, reservation taken, forward_options const& options, dependencies const& around);
    // Gives its connection back, or closes it.
    void end_attempt() noexcept { attempt_.reset(); }
    // What still runs on behalf of the exchange is to be awaited before the attempt ends.
    bool has_running_tasks() const noexcept { return attempt_ && attempt_->has_running_tasks(); }
    task<void> join() { return attempt_->join(); }

    // See cancel_handle.
    bool end(errc why) noexcept;
    // What `end` was called with; zero: nothing.
    errc ended() const noexcept { return ended_; }
    // Nothing is to be begun for it any more: the client has gone, or `end` was called.
    bool is_gone() const noexcept { return gone_; }
    bool is_abandoned() const noexcept { return gone_ || exchange_.abandoned(); }

private:
    void client_is_gone() noexcept;

    http::exchange& exchange_;
    proved_caller who_;
    forward_context const& context_;
    http::message_part body_{{}, true};
    pool_waiter waiter_;
    std::optional<attempt> attempt_;
    turn* turn_ = nullptr;
    errc ended_{};
    bool gone_ = false;
    bool composed_ = false;
    bool taken_ = false;
};

} // namespace yett::upstream
