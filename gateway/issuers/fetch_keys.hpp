#pragma once

#include "gateway/issuers/jwks_state.hpp"
#include "gateway/issuers/web.hpp"
#include "gateway/tokens/keys/algorithm.hpp"

#include <string>
#include <vector>

namespace yett::issuers {

// An issuer whose keys are on the web.
//
// Either where its keys are, or nothing: then the metadata of the issuer say it, and are fetched
// first.
struct source
{
    std::string issuer;                        // `iss`
    std::string key_url;                       // empty: found through the issuer's metadata
    std::vector<tokens::algorithm> algorithms; // the only ones its keys may serve
    milliseconds timeout{10'000};              // of an attempt as a whole
};

// The key set as the issuer publishes it now; blocks until `until` at most.
fetched<key_reply> fetch_keys(web& from, source const& of, steady_time until);

} // namespace yett::issuers
