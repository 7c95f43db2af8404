#include "gateway/storage/postgres/stores.hpp"

#include "gateway/storage/postgres/api_key_store.hpp"
#include "gateway/storage/postgres/connections.hpp"
#include "gateway/storage/postgres/link_store.hpp"
#include "gateway/storage/postgres/outbox.hpp"
#include "gateway/storage/postgres/session_store.hpp"
#include "gateway/storage/postgres/user_store.hpp"

namespace yett::storage::postgres {

accounts::stores make_stores(options by)
{
    auto const shared = std::make_shared<connections>(std::move(by));
    return {make_user_store(shared), make_session_store(shared), make_outbox(shared),
            make_link_store(shared), make_api_key_store(shared), [shared] { return shared->activity(); }};
}

} // namespace yett::storage::postgres
