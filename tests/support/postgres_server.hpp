#pragma once

#include "gateway/storage/postgres/pool/login.hpp"
#include "tests/support/temporary_folder.hpp"

#include <memory>
#include <string>

#include <sys/types.h>

namespace yett::tests {

// A real PostgreSQL with an empty cluster in a temporary folder, on a Unix socket alone, as
// somebody unprivileged. It does not wait for the disk, and ends with this object or with the
// program.
class postgres_server
{
public:
    postgres_server();
    ~postgres_server();
    postgres_server(postgres_server const&) = delete;
    postgres_server& operator=(postgres_server const&) = delete;

    void start();            // returns once it takes connections
    void stop();             // as an operator does, breaking what is open
    void kill();             // without any farewell
    void signal(int number); // to the server's first process

    // From the next start on it listens on a loopback port, too, with a certificate for localhost
    // that is made now and nobody has signed; returns its file.
    std::string use_tls();

    std::string make_database();
    void drop_database(std::string const& name);
    // Runs SQL as the superuser; the first column of the first row, or nothing.
    std::string ask(std::string const& database, std::string const& sql);

    storage::postgres::login login_to(std::string const& database) const;
    std::string socket_folder() const { return folder_.path().string(); }
    std::uint16_t port() const noexcept { return port_; }

private:
    void wait_for_end();
    std::string words_for(std::string const& database) const;

    temporary_folder folder_;
    std::uint16_t port_ = 5432; // which also names the socket
    bool tls_ = false;
    pid_t pid_ = 0;
    int made_ = 0;
};

// One that all tests of a program share, started when the first asks.
postgres_server& shared_postgres();

// A real pgbouncer in front of a server, which lends its connections by the transaction.
class pooler
{
public:
    explicit pooler(postgres_server const& before);
    ~pooler();
    pooler(pooler const&) = delete;
    pooler& operator=(pooler const&) = delete;

    std::string socket_folder() const { return folder_.path().string(); }

private:
    temporary_folder folder_;
    pid_t pid_ = 0;
};

// One in front of the shared server.
pooler& shared_pooler();

// A database of its own on the shared server, gone with this object.
class postgres_database
{
public:
    postgres_database() : name_{shared_postgres().make_database()} {}
    ~postgres_database() { shared_postgres().drop_database(name_); }
    postgres_database(postgres_database const&) = delete;
    postgres_database& operator=(postgres_database const&) = delete;

    std::string ask(std::string const& sql) const { return shared_postgres().ask(name_, sql); }
    storage::postgres::options options(unsigned connections = 8) const;
    storage::postgres::options options_through_pooler() const;

private:
    std::string name_;
};

} // namespace yett::tests
