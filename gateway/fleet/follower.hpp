#pragma once

#include "gateway/accounts/ports/revocation_feed.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/boot_time.hpp"
#include "gateway/base/result.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace yett::telemetry {
class log;
} // namespace yett::telemetry
namespace yett::tokens {
class completeness;
class revocations;
} // namespace yett::tokens

namespace yett::fleet {

// Follows what other nodes revoke, and notes up to when all of it is known here. What is told is
// taken at its word at once; besides it looks into the log whenever another node says that there is news, whenever somebody has to know, and
// once a second otherwise. Lives on one event loop.
class follower
{
public:
    struct parts
    {
        accounts::revocation_feed& feed;
        accounts::session_store& sessions; // where everything is loaded from
        tokens::revocations& revoked;
        tokens::completeness& known;
        telemetry::log& log;
        boot_time (*now)() noexcept = boot_now;
    };
    follower(boost::asio::io_context& on, parts p);
    follower(follower const&) = delete;
    follower& operator=(follower const&) = delete;

    // Loads everything; before the first request, on any loop.
    task<result<void>> begin();
    // Follows until stop().
    void run();

    // Looks as soon as possible, and says whether a look that began after this call succeeded; or
    // that it did not, without looking, when one has just failed. However many ask, one look answers
    // all who came before it.
    void ask(std::function<void(bool)> done);

    // Nothing new begins; a look under way has to come to its end before the loop may go.
    void stop();
    bool is_looking() const noexcept { return looking_; }

    // What the store's clock said at the last look that succeeded: by that, revocations are forgotten.
    // A node whose own clock goes wrong for a while must not forget any that others still need.
    wall_time store_time() const noexcept { return read_until_.time; }

    struct figures
    {
        milliseconds age{}; // since everything was known
        std::uint64_t looks = 0;
        std::uint64_t failures = 0;
    };
    figures read_figures() const;

private:
    // The loop: look, tell, wait for a cause to look again.
    task<void> follow();
    task<void> wait_for_cause();
    task<bool> look();
    // What is new in the feed since `read_until_`; everything anew where the feed cannot say what
    // is missing.
    task<result<void>> read();
    // Into the log, at each change between well and not well, and not at each look.
    void tell_of(result<void> const& outcome);
    void tell_of_stream(std::optional<accounts::stream_activity> const& now);
    void hear(std::vector<accounts::revocation> const& told);
    void wake();

    parts parts_;
    boost::asio::io_context& on_;
    boost::asio::steady_timer next_;
    // The horizon of the last look: all that was committed before it is known here.
    accounts::log_moment read_until_;
    std::vector<std::function<void(bool)>> askers_;
    std::optional<boot_time> failed_since_; // when the last look began, if it failed
    std::uint64_t looks_ = 0;
    std::uint64_t failures_ = 0;
    // Somebody asked, or another node told: the next wait is none.
    bool poked_ = false;
    bool looking_ = false;
    bool stopped_ = false;
    bool stream_away_ = false;
};

} // namespace yett::fleet
