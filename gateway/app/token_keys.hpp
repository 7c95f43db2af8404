#pragma once

#include "config/settings.hpp"
#include "gateway/tokens/signer.hpp"
#include "gateway/tokens/verifier.hpp"

#include <memory>
#include <string>
#include <vector>

namespace yett::app {

// What tokens are made and checked with.
struct token_keys
{
    tokens::signer signer;
    std::shared_ptr<tokens::verifier const> verifier;
    std::string jwks;                        // our own public keys
    std::vector<std::string> complaints;     // keys of other issuers that were left out
};

// Opens the key directory (or takes the secret) and reads the other issuers' key files.
// Throws startup_error when one of them is missing, unreadable or weak.
token_keys open_token_keys(config::tokens const& t, wall_time now);

} // namespace yett::app
