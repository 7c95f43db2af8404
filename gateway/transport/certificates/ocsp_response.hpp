#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"

#include <openssl/types.h>

#include <string>
#include <string_view>

struct stack_st_X509;

namespace yett::transport {

// What an issuer says of a certificate (RFC 6960), to be sent along with it in handshakes (RFC 6066
// section 8): that it is good, and until when that may be believed.
struct ocsp_response
{
    std::string der;
    wall_time until{}; // wall_time::max() where the issuer gave no end
};

// Reads the response for `leaf`; `chain` are the certificates that are sent behind it, null for
// none. Fails with `internal` and a note where a client is better off without: it is no response, or
// about another certificate, or does not say "good", or not of this time, or not signed by whom the
// issuer lets sign. The last is looked at only where the issuer is in the chain.
result<ocsp_response> read_ocsp_response(std::string_view der, X509* leaf, stack_st_X509* chain, wall_time now);

} // namespace yett::transport
