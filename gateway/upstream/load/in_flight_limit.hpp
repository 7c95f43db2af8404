#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/async/waiter.hpp"
#include "gateway/base/ip.hpp"
#include "gateway/base/result.hpp"
#include "gateway/upstream/cluster/dependencies.hpp"
#include "gateway/upstream/cluster/options.hpp"
#include "gateway/upstream/cluster/shares.hpp"
#include "gateway/upstream/load/adaptive_limit.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace yett::upstream {

class in_flight_limit;

// One request's turn: it waits for it, has it, and gives it back when it is destroyed or has no need
// of it any more. It does not move, since its limit refers to it.
class turn : public boost::intrusive::list_base_hook<>
{
public:
    // Urgent are the questions of those who watch the application: a health check that queues behind
    // the requests it is to tell about takes a server away that is only busy.
    turn(ip_address const& client, bool urgent) noexcept : client_{client}, urgent_{urgent} {}
    ~turn() { give_back(); }
    turn(turn const&) = delete;
    turn& operator=(turn const&) = delete;

    // For the next one; safe to call twice.
    void give_back() noexcept;
    // The application answered after so long: what an adaptive bound goes by. The time to the head of the
    // reply, for how fast a body passes is up to the client.
    void replied(std::chrono::nanoseconds after, steady_time now) noexcept;
    // Whoever waits by it goes on at once, empty-handed; safe to call when nobody does.
    void cancel() noexcept;

private:
    friend class in_flight_limit;
    // What came of waiting.
    enum class state : std::uint8_t
    {
        outside,
        waiting,
        under_way,
        late,
        cancelled,
    };

    ip_address client_;                // whose share it takes
    in_flight_limit* limit_ = nullptr; // while it waits or is under way
    shares::holding* held_ = nullptr;
    waiter waiter_;
    state state_ = state::outside;
    bool urgent_;
};

// How many requests one application has at a time, from one worker. Those beyond wait, in the order
// they came, each at most for so long; where the queue is full the one that waits longest makes room,
// for its client is the likeliest to have given up, and what is left of its time would not do.
//
// Clients whose share is spent let others pass, and none takes more than its part of the queue, so
// that nobody drives the others out of it. Urgent ones go before usual ones.
class in_flight_limit
{
public:
    in_flight_limit(in_flight_options const& options, dependencies const& around);
    // Who waits is dropped, who is under way forgotten.
    ~in_flight_limit();
    in_flight_limit(in_flight_limit const&) = delete;
    in_flight_limit& operator=(in_flight_limit const&) = delete;

    // Takes the turn if it can be had without waiting.
    bool try_take(turn& t);
    // The same, waiting for it. Fails with overloaded when there is no place in the queue or the wait was
    // too long, with peer_broke_off when it was cancelled.
    task<result<void>> take(turn& t);

    std::size_t limit() const noexcept { return adaptive_ ? adaptive_->limit() : options_.most; }
    std::size_t under_way() const noexcept { return under_way_.size(); }
    std::size_t waiting() const noexcept { return usual_.size() + urgent_.size(); }

private:
    friend class turn;
    using list = boost::intrusive::list<turn>;

    bool has_room_for(turn const& t) const noexcept;
    bool waits_enough(turn const& t) const noexcept;
    // True when there is a place in the queue, be it one that was made.
    bool make_room_for(turn const& t) noexcept;
    void begin(turn& t);
    void serve_next();
    turn* next_of(list& queue) noexcept;
    list& queue_of(turn const& t) noexcept { return t.urgent_ ? urgent_ : usual_; }
    void wake(turn& t, turn::state outcome) noexcept;
    void leave(turn& t) noexcept;
    error overloaded(turn const& t, char const* otherwise) const;
    void learn(std::chrono::nanoseconds after, steady_time now) noexcept;
    void report() noexcept;

    in_flight_options const options_;
    dependencies const around_;
    shares shares_;
    std::optional<adaptive_limit> adaptive_;
    list under_way_;
    list usual_; // the first has waited longest
    list urgent_;
};

} // namespace yett::upstream
