#include "gateway/net/http2/http2_refusal.hpp"

#include <utility>
#include <vector>

namespace yett::net {

void http2_refusal::tell(http2::reply_fields& fields, http::reply_context const& context)
{
    if (std::exchange(told_, true)) return;
    std::vector<http::field> list;
    list.reserve(reply_.fields.size());
    for (auto const& [name, value] : reply_.fields) list.push_back({name, value, http::known_named(name)});
    http::reply_head head;
    head.status = reply_.status;
    head.fields = list;
    head.length = reply_.body.size();
    auto const follows = fields.write(head, context);
    if (!follows) return engine_.reset(*this, http2::error_code::internal_error);
    auto const is_all = *follows == http::response_body::none || reply_.body.empty();
    engine_.reply(*this, fields.get(), is_all);
    if (!is_all) engine_.offer(*this, reply_.body, true);
}

} // namespace yett::net
