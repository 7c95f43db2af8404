#include "gateway/pipeline/call/read_fields.hpp"

#include "gateway/base/secret.hpp"
#include "gateway/http/exchange.hpp"

namespace yett::pipeline {

// The text may hold a password, so it is a secret.
task<result<http::body_fields>> read_fields(http::exchange& ex)
{
    ex.limit_body(http::body_fields::max_bytes);
    std::string text;
    for (;;) {
        auto part = co_await ex.read_body();
        if (!part) co_return part.error();
        if (part->data.empty()) break;
        text.append(part->data);
    }
    secret const whole{std::move(text)};
    co_return http::body_fields::read(ex.request().value(http::known::content_type), whole.reveal());
}

} // namespace yett::pipeline
