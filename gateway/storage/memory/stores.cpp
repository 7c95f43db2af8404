#include "gateway/storage/memory/stores.hpp"

#include "gateway/storage/memory/api_key_store.hpp"
#include "gateway/storage/memory/link_store.hpp"
#include "gateway/storage/memory/outbox.hpp"
#include "gateway/storage/memory/session_ends.hpp"
#include "gateway/storage/memory/session_store.hpp"
#include "gateway/storage/memory/tables.hpp"
#include "gateway/storage/memory/user_store.hpp"

namespace yett::storage::memory {

accounts::stores make_stores()
{
    auto const shared = std::make_shared<tables>();
    accounts::stores made{make_user_store(shared), make_session_store(shared), make_outbox(shared), make_link_store(shared),
                          make_api_key_store(shared)};
    made.ends = make_session_ends(shared);
    return made;
}

} // namespace yett::storage::memory
