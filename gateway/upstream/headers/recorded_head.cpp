#include "gateway/upstream/headers/recorded_head.hpp"

#include "gateway/http/ascii.hpp"

namespace yett::upstream {

void recorded_head::start(request_start const& r)
{
    request_.append(r.method).append(" ").append(r.path);
    if (r.query) request_.append("?").append(*r.query);
    auto& host = open("Host");
    host.append(r.host);
    if (!r.port.empty()) host.append(":").append(r.port);
}

void recorded_head::end(announced_body const& body)
{
    body_ = body;
    write_http1_framing(*this, body);
}

std::optional<std::string_view> recorded_head::value(std::string_view name, std::string_view wanted) const noexcept
{
    std::optional<std::string_view> found;
    for (auto const& each : fields_)
        if (http::ascii::equal_ignoring_case(each.name, name) && (!found || each.value == wanted)) found = each.value;
    return found;
}

} // namespace yett::upstream
