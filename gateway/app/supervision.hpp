#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/service_environment.hpp"
#include "gateway/control/service_manager.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>

namespace yett::app {

// Tells the service manager, if there is one, how the program is. Lives on the control loop.
class supervision
{
public:
    // Has what it is given called, on the control loop, once every worker's loop has come round.
    using roll_call = std::function<void(std::function<void()>)>;

    supervision(boost::asio::io_context& control, service_environment const& told);

    // Ports are open and the store is there; from now on it gives signs of life.
    void serving(roll_call everybody);
    // The program is about to read files again, and has done so.
    void reloading();
    void reloaded();
    // The program ends by itself within `longest`, which may be more than the manager would wait.
    void stopping(milliseconds longest);
    void stop() { next_sign_.cancel(); }

private:
    void sign_later();
    void ask_everybody();

    control::service_manager manager_;
    std::optional<milliseconds> const watchdog_;
    roll_call everybody_;
    boost::asio::steady_timer next_sign_;
    bool asked_ = false; // and not everybody has answered
};

} // namespace yett::app
