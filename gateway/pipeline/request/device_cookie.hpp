#pragma once

#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"
#include "gateway/http/exchange.hpp"

#include <string>

namespace yett::http {
class head;
} // namespace yett::http

namespace yett::pipeline {

struct auth_transport;

// The mark of a known device (see accounts/known_device.hpp) as a browser keeps it: a cookie
// of this host alone, however sessions travel. One that comes twice, or not whole, is none.
std::string device_mark_in(http::head const& head, auth_transport const& way);

// Adds nothing for an empty mark, nor where no session travels by cookie: programs that keep
// their tokens themselves get none. Fails like http::format.
result<void> add_device_mark(http::reply& r, auth_transport const& way, secret const& mark);

} // namespace yett::pipeline
