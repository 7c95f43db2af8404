#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace yett::storage::redis {

struct redis_address
{
    std::string host; // a name or an address, IPv6 without brackets
    std::uint16_t port = 6379;

    friend bool operator==(redis_address const&, redis_address const&) = default;
};

// PEM, by their names.
struct redis_tls_files
{
    std::string ca_file;          // to verify servers by; empty: what the system believes
    std::string certificate_file; // our certificate, with what it is signed by; empty: none is shown
    std::string key_file;         // of it

    friend bool operator==(redis_tls_files const&, redis_tls_files const&) = default;
};

// Who connects, and where to.
struct redis_login
{
    // The server; or, with `master_name`, the sentinels that know where the server is.
    std::vector<redis_address> addresses;
    std::string master_name; // as sentinels call it; empty: no sentinels
    std::string user;        // of the ACL; empty: the default user
    secret password;         // empty: nothing is proved
    std::string sentinel_user;
    secret sentinel_password;
    unsigned database = 0;
    bool tls = false;
    redis_tls_files files; // of TLS
};

struct redis_options
{
    // Asked again for each new connection, so that a password turns without a restart.
    std::function<result<redis_login>()> read_login;
    // How long an answer may take, and as long a connection that has to be made first.
    milliseconds timeout{1000};
};

} // namespace yett::storage::redis
