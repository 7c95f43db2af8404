#pragma once

#include "config/values/settings.hpp"
#include "gateway/accounts/ports/stores.hpp"
#include "gateway/control/admin.hpp"
#include "gateway/fleet/follower.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "gateway/tokens/completeness.hpp"
#include "gateway/tokens/revocations.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace yett::app {

class logs;

// What was revoked, at the start and from then on. Where several programs share the store, the
// others are followed; of a store of one program everything is known that there is. Lives on the
// control loop.
class fleet_news
{
public:
    fleet_news(boost::asio::io_context& control, accounts::stores& stores, tokens::revocations& into, logs& reports);

    // Everything that was revoked so far; before the first request. Throws startup_error.
    void load();

    // Null where nobody else revokes anything.
    tokens::completeness const* known() const noexcept { return follower_ ? &known_ : nullptr; }

    // Any thread. `done` is called on the control loop, whether all is known now.
    void ask(std::function<void(bool)> done);

    // For how long not everything was known; nothing where nobody else revokes anything.
    std::optional<milliseconds> age() const;

    // By what clock to forget revocations.
    wall_time now() const noexcept { return follower_ ? follower_->store_time() : wall_now(); }

    void run();
    void stop();
    bool is_looking() const noexcept { return follower_ && follower_->is_looking(); }

    void report(telemetry::observations& seen) const;
    // Never a reason to be sent no requests: the other nodes know no more.
    std::optional<control::readiness_check> check() const;

private:
    boost::asio::io_context& control_;
    accounts::stores& stores_;
    tokens::revocations& into_;
    tokens::completeness known_;
    std::optional<fleet::follower> follower_;
};

} // namespace yett::app
