#include "gateway/transport/certificates/certificate_fault.hpp"

#include <openssl/x509_vfy.h>

namespace yett::transport {

// OpenSSL knows some eighty reasons. Told apart are those for which somebody else has to do something else.
std::optional<certificate_fault> fault_of(long verify_result) noexcept
{
    switch (verify_result) {
    case X509_V_OK: return std::nullopt;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return certificate_fault::expired;
    case X509_V_ERR_CERT_REVOKED: return certificate_fault::revoked;
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID: return certificate_fault::crl_expired;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE: return certificate_fault::crl_missing;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE: return certificate_fault::untrusted;
    default: return certificate_fault::other;
    }
}

} // namespace yett::transport
