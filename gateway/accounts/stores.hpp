#pragma once

#include "gateway/accounts/outbox.hpp"
#include "gateway/accounts/session_store.hpp"
#include "gateway/accounts/user_store.hpp"

#include <memory>

namespace yett::accounts {

// The ports of accounts over one database. Shared by all workers.
struct stores
{
    std::unique_ptr<user_store> users;
    std::unique_ptr<session_store> sessions;
    std::unique_ptr<outbox> letters;
};

} // namespace yett::accounts
