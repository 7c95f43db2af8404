#pragma once

#include "gateway/base/result.hpp"

namespace yett::http {
class head;
class origin_list;
} // namespace yett::http

namespace yett::pipeline {

// Refuses a request whose cookies, password of Basic, or certificate may have been sent for a foreign page.
//
// A browser says where a request comes from: Sec-Fetch-Site must be same-origin, or Origin must
// be the one that was asked, by scheme, host and port. `friends` are origins that count as it on
// this rule; null: nobody. Nothing said is no proof. Fails with csrf_rejected, and a note that
// names both origins. Only requests that browsers authenticate by themselves need this.
result<void> require_same_origin(http::head const& head, bool https, http::origin_list const* friends = nullptr);

// The same for a request that carries no credential yet and gets cookies in return, as a
// login does: a foreign page must not sign anybody in as somebody else. Programs say nothing
// of where a request comes from, so here nothing said is no objection.
result<void> refuse_foreign_origin(http::head const& head, bool https, http::origin_list const* friends = nullptr);

// Whether a page of another site made the browser send this, as far as the browser tells:
// Sec-Fetch-Site says so, or, where browsers do not send that, Origin names another host. A form
// of a page of the same site that leads a person here is none.
bool is_sent_by_other_site(http::head const& head) noexcept;

// Whose pages may open WebSockets.
struct websocket_origins
{
    http::origin_list const& allowed;           // when it is empty, the site that was asked
    http::origin_list const* friends = nullptr; // count as that site; null: nobody
};

// The same for a WebSocket, which browsers open for any page, cookies and all, and which no
// later request would have to explain (RFC 6455 section 10.2). Browsers always say where the
// page comes from, so a program that says nothing may open one, unless browsers authenticate
// it by themselves (`ambient`: a cookie, Basic, or a certificate). What only `*`, `null` or `file://` admits may
// then open none either: any page on the web, or any file, would.
result<void> require_websocket_origin(http::head const& head, bool https, websocket_origins const& who, bool ambient);

} // namespace yett::pipeline
