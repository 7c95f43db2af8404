#include "gateway/http/fields/websocket_protocols.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/field_list.hpp"

namespace yett::http::websocket {
namespace {

constexpr std::string_view token_prefix = "yett.bearer.";

// Names of protocols have a case, but a token that was spelled otherwise is still a token.
bool carries_token(std::string_view protocol) noexcept
{
    return protocol.size() >= token_prefix.size() &&
           ascii::equal_ignoring_case(protocol.substr(0, token_prefix.size()), token_prefix);
}

void add(offered_protocols& to, std::string_view protocol)
{
    if (carries_token(protocol)) {
        ++to.tokens;
        to.token = protocol.substr(token_prefix.size());
        return;
    }
    to.bearer_offered = to.bearer_offered || protocol == bearer_protocol;
    if (!to.others.empty()) to.others += ", ";
    to.others += protocol;
}

} // namespace

offered_protocols protocols_of(head const& request)
{
    offered_protocols offered;
    for (auto const& f : request.fields()) {
        if (f.id != known::other || !ascii::equal_ignoring_case(f.name, protocol_field)) continue;
        auto list = f.value;
        while (auto const protocol = next_element(list)) add(offered, *protocol);
    }
    if (offered.others == bearer_protocol) offered.others.clear();
    return offered;
}

} // namespace yett::http::websocket
