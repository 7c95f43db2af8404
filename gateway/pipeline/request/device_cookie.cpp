#include "gateway/pipeline/request/device_cookie.hpp"

#include "gateway/accounts/known_device.hpp"
#include "gateway/http/fields/cookies.hpp"
#include "gateway/pipeline/request/session_cookies.hpp"

namespace yett::pipeline {

std::string device_mark_in(http::head const& head, auth_transport const& way)
{
    auto const found = http::find_cookies(head, way.device_cookie);
    return found.count == 1 ? std::string{found.value} : std::string{};
}

result<void> add_device_mark(http::reply& r, auth_transport const& way, secret const& mark)
{
    if (mark.empty() || !way.uses_cookies()) return {};
    http::set_cookie cookie;
    cookie.name = way.device_cookie;
    cookie.value = mark.reveal();
    cookie.max_age = accounts::device_mark_life;
    cookie.secure = way.secure;
    cookie.same_site = way.same_site;
    auto line = http::format(cookie);
    if (!line) return line.error();
    r.fields.emplace_back("Set-Cookie", std::move(*line));
    return {};
}

} // namespace yett::pipeline
