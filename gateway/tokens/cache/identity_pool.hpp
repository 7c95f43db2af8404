#pragma once

#include "gateway/base/identity.hpp"
#include "gateway/tokens/token_digest.hpp"

#include <vector>

namespace yett::tokens {

struct token_record;

// Identities for the tokens that were used last. The cache stores identities packed; this
// unpacks them into a few objects that it uses again and again, so that a hit allocates
// nothing and the tokens in use right now are not unpacked at all.
//
// An identity that somebody still holds is left to its holder and replaced.
class identity_pool
{
public:
    // As many objects as the greatest power of two within `slots`, which is not 0.
    explicit identity_pool(std::size_t slots);

    identity_ptr identity_of(token_record& of);
    void forget(token_record const& gone) noexcept;

    // An estimate from above, as long as claims are not unusually long.
    std::size_t bytes() const noexcept;

private:
    struct entry
    {
        std::shared_ptr<identity> who;
        digest128 of{}; // all zeros: nobody's
    };

    std::vector<entry> entries_;
    std::size_t mask_;
    std::size_t next_ = 0;
};

} // namespace yett::tokens
