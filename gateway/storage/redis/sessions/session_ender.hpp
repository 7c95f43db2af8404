#pragma once

#include "gateway/accounts/ports/session_ends.hpp"
#include "gateway/storage/redis/sessions/session_rules.hpp"
#include "gateway/storage/redis/sessions/session_table.hpp"

#include <string>
#include <vector>

namespace yett::storage::redis {

// Ends sessions: commits it beside the users, then tells Redis. A failure of the first has changed nothing that
// counts; after one of the second they have ended, and who asked is not told so.
class session_ender
{
public:
    session_ender(session_table& table, accounts::session_ends& ends) : table_{table}, ends_{ends} {}

    // These, all of one user. The revocations are in their order.
    task<result<accounts::ended>> end(std::vector<accounts::session> all, wall_time now);
    // One that Redis cannot be asked about, and that is this user's for certain (ending::shown).
    task<result<accounts::ended>> end_unseen(accounts::ending const& asked);
    // As session_store::end without a session_id. Where Redis is away, or does not know the session that is to stay,
    // every access token of the user is refused that was issued until now; that session gets itself another one.
    task<result<accounts::ended>> end_all(accounts::ending const& asked);
    // Those of the others that are too many beside the one that has come; with no others named, of all there are.
    task<result<accounts::ended>> displace(accounts::arrival const& by, std::vector<session_place> const& others);

private:
    task<result<accounts::ended>> commit_and_tell(rows_to_commit what, std::string user_id, wall_time now);
    task<result<void>> extend(accounts::ended& done, std::vector<session_table::end_told> const& told);

    session_table& table_;
    accounts::session_ends& ends_;
};

} // namespace yett::storage::redis
