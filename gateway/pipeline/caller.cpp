#include "gateway/pipeline/caller.hpp"

#include "gateway/pipeline/passage.hpp"

namespace yett::pipeline {

accounts::device device_of(auth_endpoints::call const& c)
{
    auto const& head = c.ex.request();
    accounts::device from{c.seen.from.text, std::string{head.value(http::known::user_agent)}};
    from.languages = head.value(http::known::accept_language);
    return from;
}

accounts::caller caller_of(auth_endpoints::call const& c)
{
    return {c.seen.who->subject, c.seen.who->session, device_of(c)};
}

} // namespace yett::pipeline
