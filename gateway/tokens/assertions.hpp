#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/identity.hpp"
#include "gateway/base/result.hpp"
#include "gateway/base/text/told_roles.hpp"
#include "gateway/tokens/token_digest.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace yett::tokens {

class signer;
class signing_key;
class verification_key;

// `typ` of an assertion. No verifier of access tokens takes it, ours included (RFC 8725
// section 3.11).
inline constexpr std::string_view assertion_type = "yett-assertion+jwt";

// Longer ones are not made unless the options say so. Servers refuse longer header lines.
inline constexpr std::size_t most_assertion_bytes = 8192;

// Says to one application, in a JWT it can check with our published keys, who is asking:
// claims iss sub aud iat exp idp sid email roles scope auth_time roles_omitted. `idp` is who proved the
// identity: ourselves, or the issuer of the token that came.
//
// A signature costs far more than everything else a request needs, so that an assertion
// serves all requests of one identity to one audience for half its time, and has no `jti`
// that could promise a single use. Two generations of assertions bound the memory: when one
// has filled half of it the older one is dropped, and what is still in use moves to the
// younger one unsigned.
//
// One for each worker, without locks. Revocation is its caller's business: nobody asks for an
// identity whose session has ended.
class assertions
{
public:
    struct options
    {
        seconds ttl{60};
        std::size_t bytes = 4 << 20;                   // of all assertions together
        std::size_t most_bytes = most_assertion_bytes; // of one
        bool omits_roles = false;                      // where they are too long, and says so in `roles_omitted`
        told_roles roles = {};
    };
    // Signs with the key of the signer whenever it signs; the signer outlives this.
    assertions(signer const& signs, options const& opts) : signer_{signs}, options_{opts} {}

    // The text stays as it is for as long as anybody holds it.
    using text = std::shared_ptr<std::string const>;

    // Fails with forbidden when the identity makes the text too long: with some of its roles left
    // out it would be somebody else. They may be left out as a whole instead.
    result<text> for_audience(std::string_view audience, identity const& who, wall_time now);

    // Forgets what no key of these has signed: nobody could check it any more.
    void keep_signed_by(std::span<verification_key const> keys);

    std::size_t bytes() const noexcept { return young_.bytes + old_.bytes; }

private:
    struct entry
    {
        text what;
        wall_time made_at;
        std::uint64_t key; // fingerprint
    };
    struct keyed_hash
    {
        using is_avalanching = void;
        std::size_t operator()(digest128 const& name) const noexcept { return name[0]; }
    };
    struct generation
    {
        boost::unordered_flat_map<digest128, entry, keyed_hash> entries;
        std::size_t bytes = 0;
    };

    digest128 name_of(std::string_view audience, identity const& who);
    result<entry> make(std::string_view audience, identity const& who, wall_time now) const;
    struct statement
    {
        std::string_view audience;
        identity const& who;
        std::int64_t issued;
        bool with_roles = true;
    };
    result<std::string> sign(signing_key const& key, statement const& says) const;
    bool is_fresh(entry const& e, wall_time now) const noexcept;
    void remember(digest128 const& name, entry const& made);

    signer const& signer_;
    options const options_;
    token_digest digest_;
    std::string naming_; // grows to the largest identity once
    generation young_;
    generation old_;
};

} // namespace yett::tokens
