#include "gateway/accounts/users/own_deed.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/audit_sink.hpp"
#include "gateway/accounts/sessions/sessions.hpp"

namespace yett::accounts {

void report(account_services const& services, own_deed const& deed, caller const& who, std::string_view reason, wall_time now)
{
    audit_event event;
    event.name = reason.empty() ? deed.done : deed.failed;
    event.at = now;
    event.user_id = who.user_id;
    event.session = who.session;
    event.client = who.from.address;
    event.reason = reason;
    services.audit.record(event);
}

} // namespace yett::accounts
