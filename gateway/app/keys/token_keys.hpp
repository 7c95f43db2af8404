#pragma once

#include "config/values/settings.hpp"
#include "gateway/pipeline/call/key_documents.hpp"
#include "gateway/tokens/keys/key_ring.hpp"
#include "gateway/tokens/signer.hpp"
#include "gateway/tokens/verifier.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace yett::app {

// What tokens are made and checked with. Belongs to the control thread, but for `signer`.
class token_keys
{
public:
    // Opens the keys (or takes the secret) and reads the other issuers' key files; issuers
    // whose keys are on the web have none yet. Throws startup_error when one of them is
    // missing, unreadable or weak.
    token_keys(config::settings const& s, wall_time now);

    // What workers check with and show; replaced by compose(), never changed.
    struct snapshot
    {
        std::shared_ptr<tokens::verifier const> verifier;
        std::shared_ptr<pipeline::key_documents const> documents;
    };
    snapshot const& current() const noexcept { return current_; }

    // Where the issuer that is configured as number `index` stands in the verifier.
    static std::size_t place_of_issuer(std::size_t index) noexcept { return index + 1; }
    // Other keys for the issuer at `place`, which the next snapshot has.
    void use(std::size_t place, std::vector<tokens::verification_key> keys);

    // Makes the snapshot anew from the keys as they are.
    void compose();
    // Signs with the key whose turn it is. Every worker must have its snapshot by then.
    void activate_due_key(wall_time now);

    tokens::signer const& signer() const noexcept { return signer_; }
    // For what is proved by an HMAC and no signature; see tokens/own_secret.hpp.
    secret const& device_key() const noexcept { return device_key_; }
    // Null where a secret is configured, which does not turn over.
    tokens::key_ring* ring() noexcept { return ring_ ? &*ring_ : nullptr; }
    // Keys of other issuers that were left out.
    std::vector<std::string> const& complaints() const noexcept { return complaints_; }

private:
    tokens::signing_key first_key(wall_time now);
    secret own_secret() const;
    std::vector<tokens::verification_key> own_keys() const;

    config::settings const& settings_;
    std::unique_ptr<tokens::key_store> store_;
    std::optional<tokens::key_ring> ring_;
    std::vector<std::string> complaints_;
    std::vector<tokens::issuer> others_;
    tokens::signer signer_;
    secret device_key_;
    snapshot current_;
};

// How the keys in their store turn over. Only for algorithms with key pairs.
tokens::key_ring::options key_ring_options(config::settings const& s);

} // namespace yett::app
