#pragma once

#include "gateway/accounts/grant.hpp"
#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/identity.hpp"
#include "gateway/base/result.hpp"
#include "gateway/pipeline/request/refreshed_as.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace yett::accounts {
struct account_services;
} // namespace yett::accounts

namespace yett::pipeline {

class paid_checks;

// Whether a token is in the last quarter of its life, when a session that is in use is
// better renewed than left to end. Tokens of other issuers, which belong to no session of
// ours, never are.
bool is_near_end(identity const& who, wall_time now) noexcept;

// Renews sessions while their requests are on the way. One for each worker.
//
// However many requests of a session ask at the same time, one goes to the store and the
// others get what it got. So do those that come a moment later, because the browser sent
// them before it had the new cookies. Workers share nothing: the store gives each of them
// the same successor (see accounts/refresh.hpp).
class renewals
{
public:
    struct parts
    {
        accounts::account_services const& services;
        executor on;
        // How long an application may take to reply. The new cookies travel with its reply,
        // and the browser may go elsewhere before they arrive: so long, and the configured
        // grace besides, the old refresh token gets the same successor again.
        milliseconds longest_reply{60'000};
    };
    explicit renewals(parts p);
    // Whoever waits is destroyed; the worker has ended.
    ~renewals();
    renewals(renewals const&) = delete;
    renewals& operator=(renewals const&) = delete;

    struct request
    {
        std::string_view refresh_token;
        accounts::device from;
        bool needed = true;          // false: only somebody has to do it, not everybody who asks
        paid_checks* pays = nullptr; // for asking the store, which those who share an outcome do not; null: nobody does
    };
    struct renewal
    {
        result<std::shared_ptr<accounts::grant const>> given;
        wall_time at; // when it was asked for, which may be later than `now` of who shares it
        bool shared;  // got by another request
    };
    // What became of the session. Fails like accounts::refresh, and with rate_limited where nothing is left to pay with:
    // then nobody was asked. Nothing when it is not needed and another request is just at it.
    task<std::optional<renewal>> renew(request asked, wall_time now);

private:
    struct flight;
    using flights = std::map<std::string, std::shared_ptr<flight>, std::less<>>;

    task<std::optional<renewal>> share(std::shared_ptr<flight> with, bool needed);
    task<result<std::shared_ptr<accounts::grant const>>> exchange(request asked);
    void land(flights::iterator at, renewal outcome);
    void forget_old(wall_time now);

    parts parts_;
    flights flights_;                                      // by the hash of the refresh token
    std::deque<std::pair<wall_time, std::string>> landed_; // those that succeeded, oldest first
};

} // namespace yett::pipeline
