#pragma once

#include "gateway/accounts/ports/revocation_feed.hpp"

#include <memory>

namespace yett::storage::postgres {

class notifier;
class connections;

std::unique_ptr<accounts::revocation_feed> make_revocation_feed(std::shared_ptr<connections> shared,
                                                                std::shared_ptr<notifier> tells);

} // namespace yett::storage::postgres
