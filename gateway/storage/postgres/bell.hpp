#pragma once

#include "gateway/accounts/revocation_feed.hpp"
#include "gateway/base/task.hpp"
#include "gateway/storage/postgres/login.hpp"

#include <functional>
#include <memory>

namespace yett::storage::postgres {

// Rings at the other programs on this database when something was revoked, and hears them ring.
//
// It has one connection of its own, because what is told to a session belongs to that session.
// NOTIFY takes a lock of the whole instance when its transaction commits, so it is never part of
// the transaction it tells of: that is over before anybody rings.
class bell
{
public:
    // All of it happens on `on`, where nothing happens before listen(), and nothing at all where the
    // way leads through a pooler, which has no session for us.
    bell(executor on, std::function<result<login>()> read_login);
    // Ends with the loop's next turn, or when the server does not answer any more.
    ~bell();
    bell(bell const&) = delete;
    bell& operator=(bell const&) = delete;

    // Any thread; call it after a COMMIT. What is rung while there is no connection is told as
    // soon as there is one.
    void ring();

    void listen(std::function<void()> heard);
    void stop_listening();

    accounts::feed_activity activity() const noexcept;

private:
    class line;
    std::shared_ptr<line> line_;
};

} // namespace yett::storage::postgres
