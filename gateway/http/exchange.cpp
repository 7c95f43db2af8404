#include "gateway/http/exchange.hpp"

namespace yett::http {

task<result<message_part>> exchange::gather_body(message_part so_far)
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
    if (r.status != 304) head.length = r.body.size(); // which would be that of the body a cache has already
    message_part const whole{r.body, true};
    co_return co_await ex.begin(head, whole);
}

} // namespace yett::http
