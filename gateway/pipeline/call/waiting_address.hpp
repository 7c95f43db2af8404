#pragma once

#include "gateway/base/clock.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::http {
class head;
} // namespace yett::http

namespace yett::pipeline {

// What stands in `next` for an address that waits in the browser's cookies instead.
inline constexpr std::string_view waiting_word = "kept";
// The longest address that can wait. Beside it the cookies and the address itself, asked for again,
// have to fit into the head of one request.
inline constexpr std::size_t longest_waiting = 7'800;

// Where a browser wanted to go, kept by the browser itself until it has signed in: addresses that
// are too long for another's query, and those that shall survive the way through a mail.
//
// The cookies are of this host alone and bring an HMAC, so that only what this program wrote comes
// back, and only for ten minutes. Whoever uses the address looks at it again all the same. The
// key is of this run of the program: what waits across a restart is forgotten.
class waiting_addresses
{
public:
    struct parts
    {
        std::string cookie; // `__Host-…` when secure; a second one has a 2 behind it
        bool secure = true;
        std::string key; // random, the same for all workers
    };
    explicit waiting_addresses(parts p) : parts_{std::move(p)} {}

    // Set-Cookie fields; none when the address does not fit.
    std::vector<std::string> keep(std::string_view address, wall_time now) const;
    // What waits in the request's cookies; nothing when they are not what was written, or too old.
    std::optional<std::string> find(http::head const& head, wall_time now) const;
    // Set-Cookie fields that delete what the request brought.
    std::vector<std::string> forget(http::head const& head) const;

private:
    std::string signature_of(std::string_view content) const;
    std::string line(std::string const& name, std::string_view value, seconds age) const;
    std::string second() const { return parts_.cookie + "2"; }

    parts parts_;
};

} // namespace yett::pipeline
