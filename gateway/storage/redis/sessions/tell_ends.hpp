#pragma once

#include "gateway/accounts/ports/session_ends.hpp"
#include "gateway/storage/redis/sessions/session_table.hpp"

namespace yett::storage::redis {

// Tells Redis of every end that was committed since Redis knew of all of them, when that is due: once after each
// start, and an hour after it was done last, by whichever program. Fails as the stores do, and is begun again then.
class end_teller
{
public:
    end_teller(accounts::session_ends& ends, session_table& to) : ends_{ends}, to_{to} {}

    task<result<void>> tell(wall_time now);

private:
    // When the oldest session began that Redis holds; `now` when there is none.
    task<result<wall_time>> begin_of_oldest(wall_time now);
    task<result<void>> tell_since(wall_time since);
    task<result<void>> tell_one(accounts::revocation const& row);

    accounts::session_ends& ends_;
    session_table& to_;
    bool started_ = false; // done once since the start
};

} // namespace yett::storage::redis
