#include "gateway/pipeline/call/caller.hpp"

#include "gateway/http/exchange.hpp"
#include "gateway/pipeline/request/request_context.hpp"

namespace yett::pipeline {

accounts::device device_of(call const& c)
{
    auto const& head = c.ex.request();
    accounts::device from{c.context.asked.from.text, std::string{head.value(http::known::user_agent)}};
    from.languages = head.value(http::known::accept_language);
    return from;
}

result<accounts::caller> session_of(call const& c)
{
    auto const& who = *c.context.found.who;
    if (who.session.empty()) return client_error(errc::forbidden, "the credential is no session of ours");
    return accounts::caller{who.subject, who.session, device_of(c)};
}

} // namespace yett::pipeline
