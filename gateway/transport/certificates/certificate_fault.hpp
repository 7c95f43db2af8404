#pragma once

#include <cstdint>
#include <optional>

namespace yett::transport {

// Why the certificate of a client ended its handshake.
enum class certificate_fault : std::uint8_t
{
    missing,     // there has to be one, and none came
    untrusted,   // no authority of the listener leads to it
    expired,     // it, or one that leads to it, is not good yet or no longer
    revoked,     // by a list of its authority
    crl_expired, // the list of an authority is too old to know
    crl_missing, // there is none of an authority, or none that it signed
    other,       // it is not for clients, too weak, or cannot be read
};

// By what OpenSSL says of the chain (SSL_get_verify_result); nothing when there is nothing to say.
std::optional<certificate_fault> fault_of(long verify_result) noexcept;

} // namespace yett::transport
