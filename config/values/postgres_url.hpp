#pragma once

#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace yett::config {

// One of several that a URL names; libpq tries them in this order.
struct postgres_server
{
    std::string host; // a name, an address, or the folder of a Unix socket
    std::uint16_t port = 5432;
};

// What a URL of storage.url says, its percent signs resolved.
struct postgres_url
{
    std::vector<postgres_server> servers;
    std::string user;
    secret password; // empty: libpq looks for it in passfile, or where its documentation says
    std::string database;
    // Files and modes of libpq by their names there; empty: what its documentation says.
    std::string passfile;
    std::string sslmode = "prefer";
    std::string sslrootcert;
    std::string sslcert;
    std::string sslkey;
};

// Whether some server of it is on another machine and TLS does not prove which.
bool trusts_the_network(postgres_url const& url);

// "postgresql://USER[:PASSWORD]@HOST[:PORT][,HOST[:PORT]…]/DATABASE[?NAME=VALUE&…]", or
// "postgres://…". A failure is bad_request; its note repeats nothing of the text, which may hold a
// password in any place where somebody forgot to escape it.
result<postgres_url> parse_postgres_url(std::string_view text);

} // namespace yett::config
