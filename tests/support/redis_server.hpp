#pragma once

#include "gateway/storage/redis/client/redis_options.hpp"
#include "tests/support/temporary_folder.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace yett::tests {

// A real Redis in a temporary folder, on a free loopback port, that keeps nothing on disk. It ends with
// this object or with the program.
class redis_server
{
public:
    // `settings` are words of its command line, {"--requirepass", "…"}.
    explicit redis_server(std::vector<std::string> settings = {});
    ~redis_server();
    redis_server(redis_server const&) = delete;
    redis_server& operator=(redis_server const&) = delete;

    // On the same port as before; returns once it answers.
    void start();
    void kill(); // without any farewell: all it held is lost
    void pause();
    void resume();

    // One whole run of redis-cli with these words; what it printed, without the last line's end.
    std::string ask(std::vector<std::string> const& words) const;

    // From the next start on it speaks TLS alone, with a certificate for localhost and 127.0.0.1 that is
    // made now and nobody has signed; returns its file. The key lies beside it as "key".
    std::string use_tls();
    // Whoever calls has to show that certificate, too, as with redis.conf's defaults.
    void verify_clients() { verifies_ = true; }

    std::uint16_t port() const noexcept { return port_; }
    storage::redis::redis_login login() const;
    storage::redis::redis_options options(milliseconds timeout = milliseconds{2000}) const;

private:
    void signal(int number) const;
    std::string tls_words() const; // of redis-cli

    temporary_folder folder_;
    std::vector<std::string> settings_;
    std::uint16_t port_;
    bool tls_ = false;
    bool verifies_ = false;
    pid_t pid_ = 0;
};

// One that all tests of a program share, started when the first asks. Keys are the tests' own.
redis_server& shared_redis();

// A real sentinel that watches a server under a name.
class redis_sentinel
{
public:
    redis_sentinel(std::string const& name, redis_server const& master);
    ~redis_sentinel();
    redis_sentinel(redis_sentinel const&) = delete;
    redis_sentinel& operator=(redis_sentinel const&) = delete;

    std::string ask(std::vector<std::string> const& words) const;
    std::uint16_t port() const noexcept { return port_; }

private:
    temporary_folder folder_;
    std::uint16_t port_;
    pid_t pid_ = 0;
};

} // namespace yett::tests
