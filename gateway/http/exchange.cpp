#include "gateway/http/exchange.hpp"

namespace yett::http {

task<result<exchange::arrived>> exchange::gather_body(arrived so_far)
{
    co_return so_far;
}

task<result<void>> send(exchange& ex, reply const& r)
{
    std::vector<field> fields;
    fields.reserve(r.fields.size());
    for (auto const& [name, value] : r.fields) fields.push_back({name, value, known_named(name)});

    reply_head head;
    head.status = r.status;
    head.fields = fields;
    head.length = r.body.size();
    co_return co_await ex.begin(head, r.body, true);
}

} // namespace yett::http
