#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/identity.hpp"
#include "gateway/base/result.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "gateway/tokens/revocations.hpp"
#include "gateway/upstream/cancel_handle.hpp"

#include <boost/intrusive/list.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace yett::accounts {
struct session;
class session_store;
} // namespace yett::accounts

namespace yett::pipeline {

// How long what let a request in holds.
struct stream_terms
{
    bool by_cookie = false;           // the session decides, not its token
    std::optional<wall_time> until{}; // whatever else does
};

// The requests of one worker that are on their way to an application, so that what a
// session let in ends with the session: WebSockets, event streams, long polls, downloads.
//
// A stream ends when its session or its subject is revoked, a moment after that is known
// here. One that a cookie let in lasts as long as the session otherwise: until that was not
// used for `refresh_ttl`, which an open stream is not, or came to its absolute end. One that
// was let in by a token in the header ends when that expires, unless the session got a new one
// meanwhile; one without a session ends with its token. A rule that wants a recent login or a
// certificate ends what it let in when the login is no longer recent, or the certificate over. Requests that are answered at once, as
// nearly all are, cost two changes of a list.
class open_streams
{
public:
    // When a session ends what it let in, as far as is known now; nothing when it is over.
    static std::optional<wall_time> end_of(accounts::session const& s, bool by_cookie, wall_time now) noexcept;

    struct parts
    {
        tokens::revocations const& revoked;
        accounts::session_store& sessions;
        base::deadlines& deadlines;
        telemetry::by<telemetry::session_end>& figures;
        seconds skew;                          // how long a token is accepted beyond its end
        std::function<void(task<void>)> start; // runs a coroutine on the worker
        wall_time (*now)() noexcept = wall_now;
    };
    explicit open_streams(parts p);
    open_streams(open_streams const&) = delete;
    open_streams& operator=(open_streams const&) = delete;

    class entry;

    // From now on ends every WebSocket, those that are still to come as well.
    void drain();
    // What happens every deadlines::step. Tests call it with times of their own.
    void look(wall_time now);

private:
    using hook = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
    using list = boost::intrusive::list<entry, boost::intrusive::base_hook<hook>, boost::intrusive::constant_time_size<false>>;

    // What is older than one step becomes a stream: its end is found, and armed if it is known.
    void settle(entry& one, wall_time now);
    void settle_unnamed(entry& one, wall_time now);
    void arm(entry& one, wall_time end, wall_time now);
    void expired(entry& one);
    void end(entry& one, errc why);
    bool is_revoked(entry& one, wall_time now);
    task<void> ask_for_end(std::string session, std::shared_ptr<entry*> slot);

    parts const parts_;
    tokens::revocations::view view_;
    std::uint64_t looked_at_ = 0; // the generation of revocations
    base::deadlines::entry next_look_;
    bool draining_ = false;

public:
    // One request, for as long as it is forwarded. Neither the identity, if there is one,
    // nor the streams may go before it.
    class entry : public hook
    {
    public:
        entry(open_streams& among, identity const* who, stream_terms const& on = {});
        ~entry();
        entry(entry const&) = delete;
        entry& operator=(entry const&) = delete;

        // For the forwarder.
        upstream::cancel_handle& cancel_handle() noexcept { return cancel_handle_; }

    private:
        friend class open_streams;

        struct lasting;

        identity const* who_;
        stream_terms on_;
        upstream::cancel_handle cancel_handle_;
        std::unique_ptr<lasting> lasts_; // once it does
    };

private:
    // A request that is answered within a step is in the first list alone.
    list fresh_; // since the last look
    list young_; // since the one before
    list lasting_;
};

} // namespace yett::pipeline
