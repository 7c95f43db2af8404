#pragma once

#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/storage/redis/client/dialer.hpp"
#include "gateway/storage/redis/client/pause.hpp"
#include "gateway/storage/redis/client/redis_options.hpp"
#include "gateway/storage/redis/client/sentinel_watch.hpp"
#include "gateway/storage/redis/stream_entries.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace yett::storage::redis {

// Reads a stream of revocations on and on, over a connection of its own that it makes anew when it is lost.
class stream_reader final : public std::enable_shared_from_this<stream_reader>
{
public:
    struct listener_calls
    {
        std::function<void(std::vector<accounts::revocation> const&)> heard;
        std::function<void(std::optional<std::string>)> away; // why nothing is read; nothing: it is
    };

    // On its loop alone, and shared with the coroutine that reads.
    stream_reader(executor on, redis_options const& how, std::string key, std::string node, listener_calls calls);

    void begin();
    // Nothing is called any more; what is under way is given up. Before the loop goes.
    void end();

private:
    task<void> attend();
    task<bool> follow(connection_ptr on);
    task<result<void>> look(connection_ptr on);
    task<result<std::size_t>> read(connection_ptr on);
    void hear(std::vector<stream_entry> const& entries);
    void watch_sentinels();

    executor on_;
    std::function<result<redis_login>()> read_login_;
    dialer dialer_;
    pause next_;
    std::string key_;
    std::string node_; // whose entries are our own
    listener_calls calls_;
    stream_position seen_;
    connection_ptr reading_;
    std::optional<sentinel_watch> watch_;
    bool ended_ = false;
};

} // namespace yett::storage::redis
