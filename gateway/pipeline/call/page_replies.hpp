#pragma once

#include "gateway/http/exchange.hpp"

#include <string>

namespace yett::pipeline {

// The reply with a whole page: never kept, never framed, and loading nothing but what is ours.
http::reply page_reply(std::string html);
void add_page_fields(http::reply& r);

// RFC 9110 section 15.4.4: whatever the method was, a GET follows.
http::reply see_other(std::string where);

} // namespace yett::pipeline
