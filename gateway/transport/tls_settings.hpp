#pragma once

#include "gateway/transport/tls_context.hpp"

#include <openssl/types.h>

#include <string>
#include <vector>

struct ssl_method_st;

namespace yett::transport {

// What both roles of TLS have in common.

// A context with our versions, suites and groups, and the modes that make a connection without
// anything to say small. Null when OpenSSL has no memory.
ssl_ctx_st* configured_tls(ssl_method_st const* role, tls_floor min_version);
// Names of protocols, each behind its length (RFC 7301 section 3.1).
std::vector<unsigned char> alpn_names(std::vector<std::string> const& protocols);
// What OpenSSL says went wrong, and nothing left behind for the next caller.
std::string tls_reasons();

} // namespace yett::transport
