#include "gateway/accounts/users/own_deed.hpp"

#include "gateway/accounts/audit_sink.hpp"
#include "gateway/accounts/desk.hpp"
#include "gateway/accounts/sessions/sessions.hpp"

namespace yett::accounts {

void report(desk const& at, own_deed const& deed, caller const& who, std::string_view reason, wall_time now)
{
    audit_event event;
    event.name = reason.empty() ? deed.done : deed.failed;
    event.at = now;
    event.user_id = who.user_id;
    event.session = who.session;
    event.client = who.from.address;
    event.reason = reason;
    at.audit.record(event);
}

} // namespace yett::accounts
