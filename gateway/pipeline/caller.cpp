#include "gateway/pipeline/caller.hpp"

#include "gateway/pipeline/passage.hpp"

namespace yett::pipeline {

accounts::device device_of(auth_endpoints::call const& c)
{
    return {c.seen.from.text, std::string{c.ex.request().value(http::known::user_agent)}};
}

accounts::caller caller_of(auth_endpoints::call const& c)
{
    return {c.seen.who->subject, c.seen.who->session, device_of(c)};
}

} // namespace yett::pipeline
