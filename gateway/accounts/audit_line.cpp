#include "gateway/accounts/audit_line.hpp"

#include "gateway/accounts/desk.hpp"
#include "gateway/accounts/ports/session_store.hpp"

namespace yett::accounts {

void report(desk const& at, audit_event event, device const& from, wall_time now)
{
    event.at = now;
    event.client = from.address;
    at.audit.record(event);
}

} // namespace yett::accounts
