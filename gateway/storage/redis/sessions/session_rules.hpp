#pragma once

#include "gateway/accounts/ports/session_store.hpp"

#include <cstddef>
#include <vector>

namespace yett::storage::redis {

// Of a user's open sessions those that are too many when one more has come and `most` may be live, that one among
// them: those used longest ago, of two the older one. The one that came is never one of them.
std::vector<accounts::session> surplus_beside(std::vector<accounts::session> open, accounts::session const& added,
                                              std::size_t most);

// What has to be committed before sessions end: for verifiers a row each, and what outlives them (session_ends.hpp).
struct rows_to_commit
{
    accounts::ended told; // what whoever asked is told
    std::vector<accounts::revocation> rows;
};

// Of these sessions alone. One that ended before gives its rows again.
rows_to_commit ends_of(std::vector<accounts::session> all, wall_time now);

// Of one that nobody could look at: whether it was live, and until when it would have been, is not known.
rows_to_commit end_of_unseen(accounts::ending const& asked, milliseconds longest);

// Of these and of all others the user may have, but for `asked.except`, whatever Redis knows of them. `longest` is how
// long a session may last.
//
// Where not even the one that stays is known, others may be unknown, too: then every access token of the user is
// refused, that one's among them.
rows_to_commit ends_of_all(std::vector<accounts::session> open, accounts::ending const& asked, milliseconds longest);

} // namespace yett::storage::redis
