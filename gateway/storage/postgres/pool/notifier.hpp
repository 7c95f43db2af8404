#pragma once

#include "gateway/accounts/ports/revocation_feed.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/storage/postgres/pool/login.hpp"

#include <functional>
#include <memory>

namespace yett::storage::postgres {

// Tells the other programs on this database that something was revoked (NOTIFY), and hears them (LISTEN).
//
// It has one connection of its own, because what is told to a session belongs to that session.
// NOTIFY takes a lock of the whole instance when its transaction commits, so it is never part of
// the transaction it tells of: that is over before anybody is told.
class notifier
{
public:
    // All of it happens on `on`, where nothing happens before listen(), and nothing at all where the
    // way leads through a pooler, which has no session for us.
    notifier(executor on, std::function<result<login>()> read_login);
    // Ends with the loop's next turn, or when the server does not answer any more.
    ~notifier();
    notifier(notifier const&) = delete;
    notifier& operator=(notifier const&) = delete;

    // Any thread; call it after a COMMIT. What is to be told while there is no connection is told as
    // soon as there is one.
    void notify();

    void listen(std::function<void()> heard);
    void stop_listening();

    accounts::feed_activity activity() const noexcept;

private:
    class session;
    std::shared_ptr<session> session_;
};

} // namespace yett::storage::postgres
