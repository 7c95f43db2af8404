#pragma once

#include "gateway/base/clock.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

// What the configuration says of the servers of an application and how one of them is chosen;
// `config` fills these in, and their defaults are those of the settings.
namespace yett::upstream {

// Which server gets the next request.
enum class balance : unsigned char
{
    round_robin,
    least_requests,
    consistent_hash,
};

// Codes of replies, both ends included.
struct status_range
{
    unsigned first = 200;
    unsigned last = 299;

    bool contains(unsigned status) const noexcept { return first <= status && status <= last; }
    friend bool operator==(status_range const&, status_range const&) = default;
};

// A question that is put to servers from time to time.
struct health_check
{
    // Asked for with GET, every `interval`; so many answers of one kind in a row change what is
    // thought of a server.
    std::string path = "/healthz";
    milliseconds interval = seconds{5};
    milliseconds timeout = seconds{2};
    unsigned healthy_after = 2;
    unsigned unhealthy_after = 3;
    std::vector<status_range> status{status_range{}}; // of good answers
};

// A server that fails so often in a row, whatever worker brought the requests, is left alone for a while.
struct ejection_rules
{
    unsigned failures = 5;
    milliseconds duration = seconds{10};
    std::size_t servers_away = 1; // with so many away, for whatever reason, nobody is ejected
};

// Of one application.
struct balancing_options
{
    upstream::balance balance = upstream::balance::least_requests;
    std::optional<health_check> health;
    std::optional<ejection_rules> ejection;
    milliseconds slow_start{0}; // from coming back to a whole share of the requests; 0: at once
};

} // namespace yett::upstream
