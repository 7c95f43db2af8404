#include "gateway/storage/postgres/stores.hpp"

#include "gateway/storage/postgres/api_key_store.hpp"
#include "gateway/storage/postgres/bell.hpp"
#include "gateway/storage/postgres/connections.hpp"
#include "gateway/storage/postgres/link_store.hpp"
#include "gateway/storage/postgres/outbox.hpp"
#include "gateway/storage/postgres/revocation_feed.hpp"
#include "gateway/storage/postgres/session_store.hpp"
#include "gateway/storage/postgres/user_store.hpp"

namespace yett::storage::postgres {

accounts::stores make_stores(options by)
{
    auto listening = by.read_listen_login ? by.read_listen_login : by.read_login;
    auto const shared = std::make_shared<connections>(std::move(by));
    auto const rung = std::make_shared<bell>(shared->loop(), std::move(listening));
    return {make_user_store(shared),           make_session_store(shared, rung), make_outbox(shared),
            make_link_store(shared),           make_api_key_store(shared),       [shared] { return shared->activity(); },
            make_revocation_feed(shared, rung)};
}

} // namespace yett::storage::postgres
