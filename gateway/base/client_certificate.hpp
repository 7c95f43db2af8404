#pragma once

#include "gateway/base/clock.hpp"

#include <string>
#include <vector>

namespace yett {
inline namespace base {

// What the certificate says that a client proved to be its own when its connection was made, once for
// all requests of the connection. Its chain, its dates and its revocation were checked then, so that the
// names are those that an authority of the listener vouches for.
//
// Names are those of subjectAltName alone; a common name is none (RFC 9525 section 2). What holds a
// blank, a control character or a byte beyond ASCII is left out.
struct client_certificate
{
    std::vector<std::string> uris;   // as written
    std::vector<std::string> dns;    // in lower case; "*.example.com" as such
    std::vector<std::string> emails; // as written
    std::string sha256;              // of the whole, in hexadecimal
    std::string thumbprint;          // the same as base64url: `x5t#S256` (RFC 8705 section 3.1)
    wall_time expires_at{};
};

} // namespace base
} // namespace yett
