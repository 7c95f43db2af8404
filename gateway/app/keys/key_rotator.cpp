#include "gateway/app/keys/key_rotator.hpp"

#include "gateway/app/parts/logs.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

// Two things must not meet: a token by a new key, and a worker without that key. So a key is
// published first, each worker takes the new snapshot when it gets to it, and `under_way_` counts
// snapshots that some worker lacks; only at zero does another key sign. The other programs on the
// store have the same key by then, for it was there `publish_before` ahead of its time and each
// looks in several times within that.

namespace yett::app {

milliseconds key_interval(tokens::key_schedule const& by)
{
    return std::clamp(milliseconds{by.publish_before} / 4, milliseconds{250}, milliseconds{1000});
}

key_rotator::key_rotator(boost::asio::io_context& control, token_keys& keys, logs& reports, std::function<wall_time()> now)
    : control_{control},
      keys_{keys},
      logs_{reports},
      now_{std::move(now)},
      next_{control}
{
}

void key_rotator::run(publisher give_to_workers)
{
    if (!keys_.ring()) return;
    give_to_workers_ = std::move(give_to_workers);
    boost::asio::co_spawn(control_, look_again_and_again(), boost::asio::detached);
}

task<void> key_rotator::look_again_and_again()
{
    for (;;) {
        next_.expires_after(key_interval(keys_.ring()->schedule()));
        co_await next_.async_wait(use_task);
        looking_ = true;
        co_await look();
        looking_ = false;
    }
}

task<void> key_rotator::look()
{
    auto const changed = co_await keys_.ring()->refresh(now_());
    // The keys that are there go on; said once, not every second.
    if (!changed && !failing_) logs_.program().error("the signing keys cannot be read", changed.error());
    failing_ = !changed;
    if (changed && *changed) publish();
    activate_due_key();
}

void key_rotator::publish()
{
    keys_.compose();
    ++under_way_;
    auto const taken = [this] {
        --under_way_;
        activate_due_key();
    };
    give_to_workers_(keys_.current(), taken);
    logs_.program().info("the signing keys changed", {{"keys", keys_.ring()->keys().size()}});
}

void key_rotator::activate_due_key()
{
    if (under_way_ != 0) return;
    auto const before = keys_.signer().key().kid();
    keys_.activate_due_key(now_());
    auto const after = keys_.signer().key().kid();
    if (after != before) logs_.program().info("another key signs", {{"kid", after}});
}

} // namespace yett::app
