#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/storage/redis/client/command.hpp"
#include "gateway/storage/redis/client/redis_options.hpp"
#include "gateway/storage/redis/client/resp_value.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace yett::storage::redis {

// What a client did so far.
struct redis_activity
{
    bool connected = false;
    std::uint64_t commands = 0;    // sent
    std::uint64_t failures = 0;    // asks that no server answered
    std::uint64_t connections = 0; // made
};

// One event loop's way to Redis: one connection to the server that takes writes, made when it is first
// needed and made anew by itself from then on. Everybody on the loop shares it: what is asked within one
// turn of the loop leaves in one write, and answers come in the order of the questions.
//
// On the loop's thread alone, apart from activity().
//
// Failures are `storage_unavailable` with a note. They come at once while the server is known to be away,
// and after `redis_options::timeout` at the latest. One that is `retryable` was without any effect; after
// any other one nobody knows whether the command was carried out.
class redis_client
{
public:
    redis_client(executor on, redis_options how);
    // Closes the connection. Who still waits is told so by the loop's next turn, or destroyed with the loop.
    ~redis_client();
    redis_client(redis_client const&) = delete;
    redis_client& operator=(redis_client const&) = delete;

    // Connects before anybody asks.
    void begin();

    // The answer to one command; a failure that the server told is an error, too.
    task<result<resp_value>> ask(command one);
    // The answers to all of them in their order, for one round trip. They are no transaction: others may
    // come in between, and each may be answered with a failure of its own (resp_value::is_failure).
    task<result<std::vector<resp_value>>> ask_all(std::vector<command> all);

    // Every ask fails with `stopping` from now on.
    void stop();

    redis_activity activity() const noexcept; // any thread
    // Why there is no connection, in words without a password; empty while there is one. Any thread.
    std::string trouble() const;

private:
    class session;
    std::shared_ptr<session> session_;
};

} // namespace yett::storage::redis
