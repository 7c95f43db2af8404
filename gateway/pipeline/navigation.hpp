#pragma once

#include <string>
#include <string_view>

namespace yett::http {
class head;
class target;
} // namespace yett::http

namespace yett::pipeline {

// Whether a person is waiting for a page: a GET that the browser itself calls a navigation
// (Fetch Metadata), or, from a browser that says nothing of the kind, one that wants HTML
// rather than JSON. Scripts, images and API callers are none.
bool is_navigation(http::head const& head) noexcept;

// The address of the login page that leads back to what was asked for: `next` holds its
// path and query. Left out when it would make an address that is too long to be sent.
std::string login_address(std::string_view login_page, http::target const& asked);

} // namespace yett::pipeline
