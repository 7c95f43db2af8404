#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/storage/redis/client/dialer.hpp"

#include <functional>
#include <memory>

namespace yett::storage::redis {

// Listens to one of the sentinels, whichever answers, and tells when another server has become the master.
// Their word may be lost: who needs to know asks the server for its ROLE now and then.
class sentinel_watch
{
public:
    // `switched` is called on the loop, possibly more often than there was reason to. `read_login` must name
    // sentinels.
    sentinel_watch(executor on, std::function<result<redis_login>()> read_login, std::function<void()> switched);
    // Nothing is told from then on.
    ~sentinel_watch();
    sentinel_watch(sentinel_watch const&) = delete;
    sentinel_watch& operator=(sentinel_watch const&) = delete;

private:
    class session;
    std::shared_ptr<session> session_;
};

} // namespace yett::storage::redis
