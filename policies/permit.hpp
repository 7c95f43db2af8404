#pragma once

#include "gateway/base/client_certificate.hpp"
#include "gateway/base/identity.hpp"

namespace yett::policies {

class route;

// The proof that a request may pass, and the only thing that opens the way to /auth or
// to an upstream. `decide` alone makes one.
//
// It is made of a decision and of nothing else, so whoever holds one need not ask again; it is
// copied, never changed.
class permit
{
public:
    // The rule that let the request in; it lives as long as the world of the request.
    policies::route const& route() const noexcept { return *route_; }
    // Who is asking; null for an anonymous caller of a rule that can do without.
    identity_ptr const& who() const noexcept { return who_; }
    // What the application may be told of the client's certificate: null where there is none, or where it
    // names nobody, for the rule asks for none and no credential came. It lives as long as the connection.
    client_certificate const* certificate() const noexcept { return certificate_; }

private:
    friend class decider;
    permit(policies::route const& r, identity_ptr who, client_certificate const* certificate)
        : route_{&r},
          who_{std::move(who)},
          certificate_{certificate}
    {
    }

    policies::route const* route_;
    identity_ptr who_;
    client_certificate const* certificate_;
};

} // namespace yett::policies
