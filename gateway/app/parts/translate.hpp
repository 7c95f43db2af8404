#pragma once

#include "config/values/settings.hpp"
#include "gateway/accounts/account_services.hpp"
#include "gateway/issuers/fetch_keys.hpp"
#include "gateway/issuers/web.hpp"
#include "gateway/limits/spec.hpp"
#include "gateway/net/client_limits.hpp"
#include "gateway/net/listener.hpp"
#include "gateway/pipeline/request/session_cookies.hpp"
#include "gateway/pipeline/request/snapshot.hpp"
#include "gateway/transport/tls_client_context.hpp"
#include "gateway/transport/tls_context.hpp"
#include "gateway/upstream/forwarder.hpp"
#include "gateway/upstream/headers/field_rules.hpp"
#include "gateway/upstream/headers/header_plan.hpp"
#include "gateway/upstream/headers/reply_changes.hpp"

#include <string>
#include <vector>

// The settings in the words of each room: no room but this one knows the configuration.
namespace yett::app {

// Pure, and they cannot fail: what can be wrong with settings was complained about when they were
// read. Where a room's options are the settings themselves nothing is translated; here is what
// follows from several of them, or is called by another name.
accounts::rules rules_of(config::settings const& s);
issuers::source source_of(config::issuer const& i);
issuers::web_options web_of(config::issuer const& i);
std::vector<limits::limit_spec> limits_of(config::settings const& s);
// With the methods that rules name, which a head may have then.
net::client_limits client_limits_of(config::settings const& s);
// Of a listener with TLS.
transport::tls_options tls_of(config::listener const& l);
// For its https servers; what it shows them is read by `certificates`.
transport::tls_client_options tls_of(config::upstream const& u);
bool speaks_tls(config::upstream const& u);
net::hsts_policy hsts_of(config::listener const& l);
// For one of so many workers: what is bounded for all of them together is divided. Without the TLS of
// its https servers, which belongs to a worker.
upstream::forward_options forwarding_of(config::upstream const& u, unsigned workers = 1);
upstream::header_options headers_of(config::settings const& s);
upstream::field_rules::options field_rules_of(policies::header_spec const& h);
upstream::reply_changes::options reply_changes_of(policies::route_spec const& r);
pipeline::rule_changes changes_of(policies::route const& rule);
pipeline::auth_transport transport_of(config::settings const& s);

// "127.0.0.1:4443", "[::1]:4443".
std::string text_of(config::socket_address const& a);

} // namespace yett::app
