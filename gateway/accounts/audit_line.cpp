#include "gateway/accounts/audit_line.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/ports/session_store.hpp"

namespace yett::accounts {

void report(account_services const& services, audit_event event, device const& from, wall_time now)
{
    event.at = now;
    event.client = from.address;
    services.audit.record(event);
}

} // namespace yett::accounts
