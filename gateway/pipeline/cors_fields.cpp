#include "gateway/pipeline/cors_fields.hpp"

#include "gateway/pipeline/request/request_context.hpp"

namespace yett::pipeline {

std::vector<http::field> cors_fields(http::exchange const& ex, request_context const& context)
{
    std::vector<http::field> fields;
    if (!context.found.route) return fields;
    auto const* const cors = context.facts().cors.get();
    if (!cors) return fields;
    if (context.asked.preflight) cors->append_to_preflight(ex.request(), fields);
    else cors->append_to_reply(ex.request(), fields);
    return fields;
}

void add_cors_fields(http::reply& r, http::exchange const& ex, request_context const& context)
{
    for (auto const& f : cors_fields(ex, context)) r.fields.emplace_back(f.name, f.value);
}

} // namespace yett::pipeline
