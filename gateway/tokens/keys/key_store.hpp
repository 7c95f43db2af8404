#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"
#include "gateway/tokens/keys/algorithm.hpp"

#include <vector>

namespace yett::tokens {

// One signing key as it is kept: a text that only key_document reads, and where it stands
// among the keys of its algorithm. The highest number is the youngest key.
struct kept_key
{
    algorithm alg = algorithm::es256;
    unsigned number = 0; // 1, 2, 3 …; never used twice
    secret document;     // at most 64 KiB of ASCII
};

// Where the keys are kept that Yett signs with. Processes that share a store agree on one
// signing key, because every number is given once and everything else follows from the
// documents and the clock.
//
// Every call may fail with storage_unavailable or, where a file is damaged or open to
// others, with internal; the note names the key and nothing of its content.
class key_store
{
public:
    virtual ~key_store() = default;

    // All keys of `alg`, oldest first; none at all is an empty list. One unreadable key
    // fails the whole call: going on with fewer keys than before would refuse good tokens.
    virtual task<result<std::vector<kept_key>>> list(algorithm alg) = 0;

    // Keeps a key; durable when it returns. False when the number was taken: of any number
    // of callers with the same number, in any process, exactly one gets true.
    virtual task<result<bool>> add(kept_key const& added) = 0;

    // Forgets a key; one that is not there is no failure.
    virtual task<result<void>> remove(algorithm alg, unsigned number) = 0;
};

} // namespace yett::tokens
