#pragma once

#include "gateway/base/result.hpp"
#include "policies/question.hpp"
#include "policies/route_table.hpp"

namespace yett::http {
class target;
} // namespace yett::http

namespace yett::pipeline {

struct client;

// `sender` is the client, behind trusted proxies; one whom a proxy named by what is no address is of no network, as its
// certificate is nobody's (see address_of).
policies::question question_about(std::string_view method, http::target const& where, client const& sender);

// Whether the application may be left to read a target as it likes: every reading passes
// the gate and finds what the path as it is spelled has found, if only nothing. To be asked
// of targets in doubt. Fails with uri_rejected and a note that names the reading.
result<void> require_one_rule(policies::route_table const& rules, policies::question const& asked, policies::found const& found,
                              http::target const& where);

} // namespace yett::pipeline
