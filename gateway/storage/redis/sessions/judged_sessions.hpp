#pragma once

#include "gateway/accounts/ports/session_ends.hpp"
#include "gateway/storage/redis/sessions/session_table.hpp"

#include <string>
#include <vector>

namespace yett::storage::redis {

// Sessions as Redis has them and the store of users judges them: what ended them is part of them, whatever Redis
// knows of it, and one without an owner is none. Redis is read first, see session_store.cpp.
class judged_sessions
{
public:
    judged_sessions(session_table& table, accounts::session_ends& ends) : table_{table}, ends_{ends} {}

    // Those that have an owner.
    task<result<std::vector<accounts::session>>> judge(std::vector<accounts::session> all);

    // `not_found`.
    task<result<accounts::session>> read(session_place const& at);

    // As session_store's.
    task<result<std::vector<accounts::session>>> list(std::string user_id, accounts::session_page asked);
    task<result<std::vector<accounts::session>>> list_all(accounts::session_page asked);

private:
    task<result<void>> keep_live(std::vector<accounts::session> part, accounts::session_page const& asked,
                                 std::vector<accounts::session>& into);

    session_table& table_;
    accounts::session_ends& ends_;
};

} // namespace yett::storage::redis
