#pragma once

#include "gateway/base/client_certificate.hpp"

#include <openssl/types.h>

#include <string>
#include <vector>

namespace yett::transport {

// The names in subjectAltName (RFC 5280 section 4.2.1.6), which are all that count. A name that is not
// printable ASCII without blanks is left out: what it looks like is not what it is.
struct alternative_names
{
    std::vector<std::string> dns; // in lower case; "*.example.com" as such
    std::vector<std::string> addresses;
    std::vector<std::string> uris;
    std::vector<std::string> emails;
};

alternative_names names_in(X509 const& certificate);

// What is known of a client by a certificate that was verified.
client_certificate facts_of(X509 const& certificate);

} // namespace yett::transport
