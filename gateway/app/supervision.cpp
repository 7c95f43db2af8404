#include "gateway/app/supervision.hpp"

#include <string>

namespace yett::app {

// A sign of life says that everybody lives who serves: it is sent by the control loop, which alone shows that this one runs,
// when the loop of every worker has come round since the last one. While one of them hangs the signs stay away, and the manager
// ends the process and starts it anew. What workers wait for (a store, an application) does not hold up their loops, and so no
// outage elsewhere looks like a hang.

supervision::supervision(boost::asio::io_context& control, service_environment const& told)
    : manager_{told.notify_socket},
      watchdog_{told.watchdog},
      next_sign_{control}
{
}

void supervision::serving(roll_call everybody)
{
    everybody_ = std::move(everybody);
    manager_.tell("READY=1\nSTATUS=Serving");
    if (watchdog_ && manager_.listens()) sign_later();
}

void supervision::reloading()
{
    manager_.tell("RELOADING=1\nSTATUS=Reading certificates");
}

void supervision::reloaded()
{
    manager_.tell("READY=1\nSTATUS=Serving");
}

void supervision::stopping(milliseconds longest)
{
    auto const microseconds = std::chrono::microseconds{longest}.count();
    manager_.tell("STOPPING=1\nSTATUS=Draining\nEXTEND_TIMEOUT_USEC=" + std::to_string(microseconds));
}

// Half of the interval, as sd_watchdog_enabled(3) advises.
void supervision::sign_later()
{
    next_sign_.expires_after(*watchdog_ / 2);
    next_sign_.async_wait([this](boost::system::error_code failure) {
        if (failure) return;
        ask_everybody();
        sign_later();
    });
}

void supervision::ask_everybody()
{
    if (asked_) return;
    asked_ = true;
    everybody_([this] {
        asked_ = false;
        manager_.tell("WATCHDOG=1");
    });
}

} // namespace yett::app
