#include "gateway/pipeline/endpoints/handlers.hpp"

#include "gateway/http/exchange.hpp"
#include "gateway/pipeline/call/endpoint_services.hpp"
#include "gateway/pipeline/call/key_documents.hpp"

namespace yett::pipeline {
namespace {

// A copy that is still good is not sent again (RFC 9110 section 13.1.2).
result<http::reply> shown(call& c, key_documents::document const& wanted, char const* type)
{
    if (wanted.body.empty()) return errc::no_such_route;
    http::reply r;
    r.fields = {{"Cache-Control", c.services.keys->cache_control}, {"ETag", wanted.etag}};
    auto const* const known = c.ex.request().find("if-none-match");
    if (known && (known->value == "*" || known->value.find(wanted.etag) != std::string_view::npos)) {
        r.status = 304;
        return r;
    }
    r.fields.emplace_back("Content-Type", type);
    r.body = wanted.body;
    return r;
}

} // namespace

task<result<http::reply>> send_jwks(call& c)
{
    co_return shown(c, c.services.keys->jwks, "application/jwk-set+json");
}

task<result<http::reply>> send_metadata(call& c)
{
    co_return shown(c, c.services.keys->metadata, "application/json");
}

task<result<http::reply>> nothing(call&)
{
    co_return errc::no_such_route;
}

} // namespace yett::pipeline
