#pragma once

#include "gateway/base/result.hpp"

#include <span>
#include <string>

namespace yett::http {
class head;
} // namespace yett::http

namespace yett::pipeline {

// Refuses a request whose cookies may have been sent by a foreign page.
//
// A browser says where a request comes from: Sec-Fetch-Site must be same-origin, or Origin
// must be the scheme and host that were asked. Nothing said is no proof. Fails with
// csrf_rejected. Only requests that are authenticated by a cookie need this.
result<void> require_same_origin(http::head const& head, bool https);

// The same for a request that carries no credential yet and gets cookies in return, as a
// login does: a foreign page must not sign anybody in as somebody else. Programs say nothing
// of where a request comes from, so here nothing said is no objection.
result<void> refuse_foreign_origin(http::head const& head, bool https);

// The same for a WebSocket, which browsers open for any page, cookies and all, and which no
// later request would have to explain (RFC 6455 section 10.2). `allowed` are the sites that
// may; when there are none, it is the site that was asked. Browsers always say where the
// page comes from, so a program that says nothing may open one, unless by a cookie.
result<void> require_websocket_origin(http::head const& head, bool https, std::span<std::string const> allowed, bool by_cookie);

} // namespace yett::pipeline
