#include "gateway/transport/certificates/ocsp_response.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include <array>
#include <cstring>
#include <ctime>
#include <memory>
#include <optional>

// A client that gets no response goes on, or asks the issuer itself; one that gets a response which
// it cannot use may refuse to go on at all. So everything is looked at here that a client would look
// at, and what would not please it is not sent.

namespace yett::transport {
namespace {

template<auto Free>
struct freed_by
{
    template<class T>
    void operator()(T* p) const
    {
        Free(p);
    }
};
void free_certificates(STACK_OF(X509) * all)
{
    sk_X509_free(all); // and not what is in it
}
using response_ptr = std::unique_ptr<OCSP_RESPONSE, freed_by<OCSP_RESPONSE_free>>;
using basic_ptr = std::unique_ptr<OCSP_BASICRESP, freed_by<OCSP_BASICRESP_free>>;
using store_ptr = std::unique_ptr<X509_STORE, freed_by<X509_STORE_free>>;
using certificates_ptr = std::unique_ptr<STACK_OF(X509), freed_by<free_certificates>>;

// Clocks of issuers may be a little ahead of ours.
constexpr std::chrono::minutes clock_slack{5};

error unfit(std::string why)
{
    ERR_clear_error();
    return our_error(errc::internal, std::move(why));
}

std::optional<wall_time> moment_of(ASN1_GENERALIZEDTIME const* time)
{
    std::tm moment{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &moment) != 1) return std::nullopt;
    return from_unix(timegm(&moment));
}

// A serial number is its issuer's; the issuer is named by a hash.
bool is_about(OCSP_CERTID const* id, X509* leaf)
{
    ASN1_OCTET_STRING* name = nullptr;
    ASN1_OBJECT* algorithm = nullptr;
    ASN1_INTEGER* serial = nullptr;
    OCSP_id_get0_info(&name, &algorithm, nullptr, &serial, const_cast<OCSP_CERTID*>(id));
    if (ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(leaf)) != 0) return false;
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash;
    unsigned size = 0;
    auto const* const digest = EVP_get_digestbyobj(algorithm);
    if (digest == nullptr || X509_NAME_digest(X509_get_issuer_name(leaf), digest, hash.data(), &size) != 1) return false;
    auto const same_size = static_cast<unsigned>(ASN1_STRING_length(name)) == size;
    return same_size && std::memcmp(ASN1_STRING_get0_data(name), hash.data(), size) == 0;
}

OCSP_SINGLERESP* answer_about(X509* leaf, OCSP_BASICRESP* in)
{
    for (int i = 0; i < OCSP_resp_count(in); ++i) {
        auto* const each = OCSP_resp_get0(in, i);
        if (is_about(OCSP_SINGLERESP_get0_id(each), leaf)) return each;
    }
    return nullptr;
}

// Null when nobody in the chain is.
X509* issuer_of(X509* leaf, STACK_OF(X509) * chain)
{
    if (X509_check_issued(leaf, leaf) == X509_V_OK) return leaf;
    for (int i = 0; i < sk_X509_num(chain); ++i)
        if (X509_check_issued(sk_X509_value(chain, i), leaf) == X509_V_OK) return sk_X509_value(chain, i);
    return nullptr;
}

// By the issuer, or by somebody with a certificate of its for that (RFC 6960 section 4.2.2.2).
bool is_signed(OCSP_BASICRESP* response, X509* issuer, wall_time now)
{
    store_ptr const trusted{X509_STORE_new()};
    certificates_ptr const known{sk_X509_new_null()};
    if (!trusted || !known || sk_X509_push(known.get(), issuer) == 0) return false;
    X509_STORE_add_cert(trusted.get(), issuer);
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(trusted.get()), to_unix(now));
    return OCSP_basic_verify(response, known.get(), trusted.get(), OCSP_PARTIAL_CHAIN) == 1;
}

// Until when it holds.
result<wall_time> end_of(OCSP_SINGLERESP* answer, wall_time now)
{
    ASN1_GENERALIZEDTIME* began = nullptr;
    ASN1_GENERALIZEDTIME* ends = nullptr;
    if (OCSP_single_get0_status(answer, nullptr, nullptr, &began, &ends) != V_OCSP_CERTSTATUS_GOOD)
        return unfit("does not say that the certificate is good");
    auto const from = moment_of(began);
    auto const until = ends == nullptr ? wall_time::max() : moment_of(ends);
    if (!from || !until) return unfit("is of no time that can be read");
    if (*from > now + clock_slack) return unfit("is not valid yet");
    if (*until <= now) return unfit("has expired");
    return *until;
}

} // namespace

result<ocsp_response> read_ocsp_response(std::string_view der, X509* leaf, STACK_OF(X509) * chain, wall_time now)
{
    auto const* at = reinterpret_cast<unsigned char const*>(der.data());
    auto const* const end = at + der.size();
    response_ptr const response{d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size()))};
    if (!response || at != end) return unfit("is no OCSP response in DER");
    auto const status = OCSP_response_status(response.get());
    if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) return unfit(std::string{"is no answer: "} + OCSP_response_status_str(status));
    basic_ptr const content{OCSP_response_get1_basic(response.get())};
    if (!content) return unfit("is of an unknown type");
    auto* const answer = answer_about(leaf, content.get());
    if (answer == nullptr) return unfit("is about another certificate");
    auto const until = end_of(answer, now);
    if (!until) return until.error();
    auto* const issuer = issuer_of(leaf, chain);
    if (issuer != nullptr && !is_signed(content.get(), issuer, now)) return unfit("is not signed for the certificate's issuer");
    ERR_clear_error();
    return ocsp_response{std::string{der}, *until};
}

} // namespace yett::transport
