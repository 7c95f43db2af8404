#pragma once

#include "gateway/base/client_certificate.hpp"
#include "gateway/base/result.hpp"
#include "policies/host_pattern.hpp"

#include <string>
#include <string_view>

namespace yett::policies {

// Certificates that a rule lets in, by the names in them:
//
//     spiffe://example.org/ns/prod/sa/web   a URI; `*` stands for one segment of its path,
//     spiffe://example.org/ns/prod/**       and `**` at the end for everything below
//     billing.internal, *.internal          a DNS name, or all names below one
//     ada@example.com, *@example.com        an address, or all of one domain
//     *                                     whatever the listener's authority vouches for
//
// A name of one kind is never compared with a pattern of another. DNS names, addresses, and scheme
// and authority of URIs are compared without case.
class certificate_pattern
{
public:
    // Fails with bad_request whose note tells the operator what is wrong.
    static result<certificate_pattern> from(std::string_view text);

    // Whether one of its names fits. Allocates nothing.
    bool matches(client_certificate const& shown) const noexcept;

private:
    enum class kind
    {
        any,
        uri,
        dns,
        email,
        domain, // "*@name"
    };

    bool fits_uri(std::string_view name) const noexcept;
    bool fits_address(std::string_view name) const noexcept;

    kind kind_ = kind::any;
    std::string text_; // in lower case, but for the path of a URI
    host_pattern host_;
};

} // namespace yett::policies
