#include "gateway/storage/postgres/stores.hpp"

#include "gateway/base/async/run_to_end.hpp"
#include "gateway/storage/postgres/api_key_store.hpp"
#include "gateway/storage/postgres/connections.hpp"
#include "gateway/storage/postgres/link_store.hpp"
#include "gateway/storage/postgres/node_list.hpp"
#include "gateway/storage/postgres/outbox.hpp"
#include "gateway/storage/postgres/pool/notifier.hpp"
#include "gateway/storage/postgres/revocation_feed.hpp"
#include "gateway/storage/postgres/session_ends.hpp"
#include "gateway/storage/postgres/session_store.hpp"
#include "gateway/storage/postgres/user_store.hpp"

namespace yett::storage::postgres {

namespace {

// So that the first who asks is told the server's time, and not ours.
task<result<void>> only_the_time(database& db)
{
    db.queue("SELECT");
    co_return result<void>{};
}

} // namespace

accounts::stores make_stores(options by)
{
    auto listening = by.read_listen_login ? by.read_listen_login : by.read_login;
    auto const shared = std::make_shared<connections>(std::move(by));
    static_cast<void>(run_to_end(shared->write(only_the_time)));
    auto const tells = std::make_shared<notifier>(shared->loop(), std::move(listening));
    return {make_user_store(shared),
            make_session_store(shared, tells),
            make_outbox(shared),
            make_link_store(shared),
            make_api_key_store(shared),
            [shared] { return shared->activity(); },
            make_revocation_feed(shared, tells),
            [shared] { return shared->clock().now(); },
            make_node_list(shared),
            make_session_ends(shared, tells)};
}

} // namespace yett::storage::postgres
