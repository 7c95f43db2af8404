#include "gateway/storage/sqlite/stores.hpp"

#include "gateway/storage/sqlite/api_key_store.hpp"
#include "gateway/storage/sqlite/connections.hpp"
#include "gateway/storage/sqlite/link_store.hpp"
#include "gateway/storage/sqlite/outbox.hpp"
#include "gateway/storage/sqlite/session_ends.hpp"
#include "gateway/storage/sqlite/session_store.hpp"
#include "gateway/storage/sqlite/user_store.hpp"

namespace yett::storage::sqlite {

accounts::stores make_stores(std::string const& path)
{
    auto const shared = std::make_shared<connections>(path);
    accounts::stores made{make_user_store(shared), make_session_store(shared), make_outbox(shared),
                          make_link_store(shared), make_api_key_store(shared), [shared] { return shared->activity(); }};
    made.ends = make_session_ends(shared);
    return made;
}

} // namespace yett::storage::sqlite
