#pragma once

#include "gateway/app/keys/token_keys.hpp"
#include "gateway/base/async/task.hpp"

#include <boost/asio/steady_timer.hpp>

#include <functional>

namespace yett::app {

class logs;

// Turns the signing keys over while the program runs: looks into their store several times
// before a published key begins to sign, hands every worker the new snapshot, and signs
// with a key only once all of them have it. So no worker ever meets a token of ours that
// it cannot check. Lives on the control loop.
class key_rotator
{
public:
    // Gives every worker the snapshot and calls `done` on the control loop when all have it.
    using publisher = std::function<void(token_keys::snapshot const& keys, std::function<void()> done)>;

    // `now` is the store's.
    key_rotator(boost::asio::io_context& control, token_keys& keys, logs& reports, std::function<wall_time()> now);

    // Until the loop ends; does nothing where there are no keys that turn over.
    void run(publisher give_to_workers);

    // A look under way has to come to its end before the loop may go.
    bool is_looking() const noexcept { return looking_; }

private:
    task<void> look_again_and_again();
    task<void> look();
    void publish();
    void activate_due_key();

    boost::asio::io_context& control_;
    token_keys& keys_;
    logs& logs_;
    std::function<wall_time()> const now_;
    publisher give_to_workers_;
    boost::asio::steady_timer next_;
    unsigned under_way_ = 0; // snapshots that some worker does not have yet
    bool failing_ = false;
    bool looking_ = false;
};

// How often processes look into the store of the keys.
milliseconds key_interval(tokens::key_schedule const& by);

} // namespace yett::app
