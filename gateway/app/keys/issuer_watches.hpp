#pragma once

#include "gateway/app/keys/token_keys.hpp"
#include "gateway/control/admin.hpp"
#include "gateway/issuers/jwks_refresher.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>

namespace yett::telemetry {
struct observations;
} // namespace yett::telemetry

namespace yett::app {

class logs;

// Watches over the issuers whose keys are on the web, and hands every worker a new snapshot
// when they change. Lives on the control loop, but for `ask`.
class issuer_watches
{
public:
    // Gives every worker the snapshot and calls `done` on the control loop when all have it.
    using publisher = std::function<void(token_keys::snapshot const& keys, std::function<void()> done)>;

    issuer_watches(boost::asio::io_context& control, token_keys& keys, config::settings const& s, logs& reports);
    ~issuer_watches();

    // Begins to watch, and waits for the first answer of every issuer or for the time limits.
    // An issuer that cannot be reached does not keep the program from starting.
    void open();
    // From now on workers get what changes. `news` is called on the control loop whenever
    // keys that were asked for are here or will not come.
    void run(publisher give_to_workers, std::function<void()> news);

    bool any() const noexcept { return !watched_.empty(); }
    // See pipeline::missing_keys. Any thread.
    bool ask(std::size_t issuer);

    void report(telemetry::observations& into) const;
    // One for each issuer: not ready as long as it never answered.
    std::vector<control::readiness_check> checks() const;

private:
    struct watched
    {
        std::size_t at; // in the verifier
        std::unique_ptr<issuers::jwks_refresher> jwks_refresher;
    };
    void take(watched& from, issuers::jwks_refresher::outcome const& got);

    boost::asio::io_context& control_;
    token_keys& keys_;
    publisher give_to_workers_;
    std::function<void()> news_;
    std::vector<watched> watched_;
};

} // namespace yett::app
