#include "gateway/pipeline/log_cause.hpp"

#include "gateway/accounts/ports/link.hpp"
#include "gateway/pipeline/request/request_context.hpp"

#include <algorithm>

namespace yett::pipeline {
namespace {

// Somebody gave an API key to a program that knows passwords alone, and the rule does not.
bool brought_key_in_vain(http::head const& head, request_context const& context)
{
    return context.found.route && !context.reported.credential_sent && !context.facts().ways.basic && has_basic_key(head);
}

std::string with_system_cause(error const& why)
{
    return why.cause() ? why.note() + " (" + why.cause().message() + ')' : why.note();
}

// What happened at each server, in order; what does not say where it happened was at the last one.
std::string cause_at_application(error const& why, upstream::observation const& seen)
{
    auto text = seen.failed;
    if (!text.empty()) text += "; ";
    if (!seen.server.empty() && why.note().find(seen.server) == std::string::npos) text.append(seen.server).append(": ");
    return text + with_system_cause(why);
}

} // namespace

std::string_view path_for_log(std::string_view path, std::string& kept)
{
    auto at = path.find(accounts::link_token_prefix);
    if (at == path.npos) return path;
    for (; at != path.npos; at = path.find(accounts::link_token_prefix)) {
        kept.append(path.substr(0, at)).append("{token}");
        path.remove_prefix(std::min(path.find('/', at), path.size()));
    }
    kept.append(path);
    return kept;
}

bool is_farewell(error const& why)
{
    return why == errc::peer_broke_off && why.from() == origin::client;
}

std::string cause_for_log(error const* why, http::head const& head, request_context const& context)
{
    if (!why)
        return context.reported.not_enforced && *context.reported.not_enforced == errc::rate_limited
                   ? context.reported.not_enforced->note()
                   : context.reported.upstream.failed;
    if (is_farewell(*why)) return "the client went away";
    if (*why == errc::unauthenticated && brought_key_in_vain(head, context))
        return "an API key as the password of Basic, which a rule takes with challenge: basic alone";
    auto const is_ours_to_explain =
        *why == errc::uri_rejected || *why == errc::forbidden || *why == errc::csrf_rejected || *why == errc::rate_limited;
    if (why->from() == origin::upstream) return cause_at_application(*why, context.reported.upstream);
    if (!is_ours_to_explain && !context.reported.credential_refused) return {};
    return with_system_cause(*why);
}

} // namespace yett::pipeline
