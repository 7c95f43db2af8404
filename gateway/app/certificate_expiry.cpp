#include "gateway/app/certificate_expiry.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>

namespace yett::app {
namespace {

using bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using x509 = std::unique_ptr<X509, decltype(&X509_free)>;

} // namespace

std::optional<wall_time> certificate_expiry(std::filesystem::path const& file)
{
    bio const in{BIO_new_file(file.c_str(), "r"), &BIO_free};
    if (!in) return std::nullopt;
    x509 const leaf{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr), &X509_free};
    std::tm until{};
    if (!leaf || ASN1_TIME_to_tm(X509_get0_notAfter(leaf.get()), &until) != 1) return std::nullopt;
    return from_unix(timegm(&until));
}

} // namespace yett::app
