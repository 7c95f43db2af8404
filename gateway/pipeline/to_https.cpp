#include "gateway/http/authority.hpp"
#include "gateway/http/bodies/problem.hpp"
#include "gateway/http/https_entrance.hpp"
#include "gateway/pipeline/pipeline.hpp"

namespace yett::pipeline {

namespace {

std::uint16_t port_asked_for(http::head const& head)
{
    auto const host = http::parse_authority(head.host());
    return host ? host->port.value_or(443) : 443;
}

} // namespace

// 308 keeps the method and the body (RFC 9110 section 15.4.9).
task<result<void>> pipeline::send_to_https(http::https_entrance const& entrance, http::exchange& ex)
{
    auto address = entrance.address_for(ex.where(), port_asked_for(ex.request()));
    if (!address) co_return client_error(errc::bad_request, "asked for a name that no certificate has");
    http::reply there;
    there.status = 308;
    there.fields.emplace_back("Location", std::move(*address));
    co_return co_await http::send(ex, there);
}

} // namespace yett::pipeline
