#pragma once

#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace yett::storage::postgres {

// Where one server of a database is.
struct database_server
{
    std::string host; // a name, an address, or the folder of a Unix socket
    std::uint16_t port = 5432;
};

// Who connects, and where to. What is empty is libpq's to find, as its documentation says.
struct login
{
    std::vector<database_server> servers; // tried in this order; only one that takes writes is used
    std::string user;
    secret password; // empty: from passfile
    std::string passfile;
    std::string database;
    std::string tls_mode; // libpq's sslmode
    std::string tls_root; // certificates to verify the server by
    std::string tls_certificate;
    std::string tls_key;
    std::string application = "yett"; // as the server shows it to who looks
    // A pooler that lends servers by the transaction stands in between: nothing is kept there from
    // one transaction to the next, neither prepared statements nor settings.
    bool pooled = false;
};

// How a store is reached and how much of it one program takes.
struct options
{
    // Asked again for each new connection, so that a password turns without a restart.
    std::function<result<login>()> read_login;
    // The way to the same database that no pooler shares between sessions; empty: read_login.
    std::function<result<login>()> read_listen_login{};
    unsigned connections = 8; // at most
    // Whether a database may be opened that a copy is on its way into: only by that copy.
    bool of_unfinished_copy = false;
};

} // namespace yett::storage::postgres
