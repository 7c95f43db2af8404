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

// Path and query as they were asked for.
std::string address_of(http::target const& asked);

// A value in a query (RFC 3986): everything but unreserved characters and slashes is escaped, so
// that nothing of it can end it.
std::string query_value(std::string_view text);

// The address of the login page that leads back to `next`, or that it is to wait for, when it
// would make an address that is too long to be sent: see waiting_address.hpp.
struct way_to_login
{
    std::string address;
    bool waits = false;
};
// `confirm` asks somebody who is signed in for the password once more.
way_to_login login_address(std::string_view login_page, std::string_view next, bool confirm = false);

} // namespace yett::pipeline
