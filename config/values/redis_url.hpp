#pragma once

#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace yett::config {

struct redis_host
{
    std::string host; // a name or an address, IPv6 without brackets
    std::uint16_t port = 0;
};

// What a URL of a Redis says, its percent signs resolved.
struct redis_url
{
    std::vector<redis_host> hosts; // the server; or, with `master_name`, the sentinels
    std::string master_name;       // as sentinels call the server; empty: no sentinels
    bool tls = false;              // to all of them
    std::string user;              // of the ACL; empty: the default user
    secret password;               // empty: nothing is proved
    unsigned database = 0;
    std::string ca_file;          // to verify them by; empty: what the system believes
    std::string certificate_file; // our certificate; empty: none is shown
    std::string key_file;         // of it
    std::string sentinel_user;
    secret sentinel_password;
};

// Whether some host of it is another machine, and is spoken to in clear.
bool trusts_the_network(redis_url const& url);

// "redis://[[USER][:PASSWORD]@]HOST[:PORT][/DATABASE][?NAME=VALUE&…]", "rediss://…" with TLS, and
// "redis+sentinel://[…@]HOST[:PORT][,HOST[:PORT]…]/MASTER[/DATABASE][?…]", "rediss+sentinel://…". A failure
// is bad_request; its note repeats nothing of the text.
result<redis_url> parse_redis_url(std::string_view text);

} // namespace yett::config
