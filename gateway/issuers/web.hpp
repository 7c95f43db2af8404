#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/issuers/fetch_error.hpp"

#include <memory>
#include <optional>
#include <string>

namespace yett::issuers {

struct web_options
{
    std::string ca_file; // verifies the issuer's certificate; empty: the system's
    // Also private addresses and those of this machine, the latter without TLS as well.
    bool private_addresses = false;
    bool redirects = false;         // are followed, three at most, to https alone
    std::size_t bytes = 512 * 1024; // of a body
};

struct fetched_document
{
    std::string body;
    std::optional<seconds> max_age;
};

// Reads documents of the web. Used by one thread.
class web
{
public:
    virtual ~web() = default;

    // Blocks until the document is there, or is not, and until `until` at most, names and
    // handshakes included.
    virtual fetched<fetched_document> get(std::string const& url, steady_time until) = 0;

    // Any thread: lets a `get` under way, and every later one, fail within a second.
    virtual void interrupt() noexcept = 0;
};

// With libcurl: verified TLS 1.2 or later, GET, no proxies, no compression, nothing but a
// 200. Where the name of a host leads is looked at whenever a socket is opened, so that
// neither a redirect nor a name can lead elsewhere between the check and the connection.
std::unique_ptr<web> make_web(web_options options);

} // namespace yett::issuers
