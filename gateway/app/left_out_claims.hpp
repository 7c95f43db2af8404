#pragma once

#include "gateway/base/clock.hpp"

#include <map>
#include <string>

namespace yett::telemetry {
class log;
} // namespace yett::telemetry
namespace yett::tokens {
struct verified;
} // namespace yett::tokens

namespace yett::app {

// Tells the program's log which claims of a good token could not be mapped: whoever wonders
// where somebody's roles are finds the claim there. Every token of an issuer is likely to lack
// the same, so each sentence is said once a minute.
class left_out_claims
{
public:
    explicit left_out_claims(telemetry::log& to) : log_{&to} {}

    // Called by a worker's cache for each token that is verified anew; not thread-safe, each worker
    // has its own.
    void operator()(tokens::verified const& good);

private:
    bool is_due(std::string const& sentence, steady_time now);

    telemetry::log* log_;
    std::map<std::string, steady_time> said_; // by issuer and sentence; both come from the settings
};

} // namespace yett::app
