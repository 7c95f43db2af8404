#pragma once

#include "gateway/accounts/ports/revocation_feed.hpp"
#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/storage/redis/client/redis_options.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace yett::storage::redis {

// Carries revocations that have been committed from node to node, within milliseconds, on a thread of its
// own. It promises nothing: Redis may lose everything at any moment. What it brings is true, what it does not
// bring has to be read from the database.
class revocation_stream
{
public:
    // Keys begin with `prefix` and a colon.
    revocation_stream(redis_options how, std::string const& prefix);
    ~revocation_stream();
    revocation_stream(revocation_stream const&) = delete;
    revocation_stream& operator=(revocation_stream const&) = delete;

    // Any thread; returns at once. Call it after the commit.
    void tell(std::vector<accounts::revocation> what);

    // From now on `heard` is called with what other nodes tell; with nothing, when something may have been
    // told that was not heard. On the stream's thread.
    void listen(std::function<void(std::vector<accounts::revocation> const&)> heard);
    // `heard` is not called after this returned.
    void stop_listening();

    // Any thread.
    accounts::stream_activity activity() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace yett::storage::redis
