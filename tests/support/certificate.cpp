#include "tests/support/certificate.hpp"

#include "gateway/base/ip.hpp"
#include "gateway/base/random.hpp"

#include <doctest/doctest.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace yett::tests {

certificate::certificate(std::string const& name, long ends_in)
    : folder_{(std::filesystem::temp_directory_path() / "yett-net-XXXXXX").string()}
{
    REQUIRE(::mkdtemp(folder_.data()) != nullptr);
    auto* const key = EVP_EC_gen("P-256");
    auto* const cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), random_u64() >> 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -7200);
    X509_gmtime_adj(X509_getm_notAfter(cert), ends_in);
    X509_set_pubkey(cert, key);
    auto* const subject = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<unsigned char const*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(cert, subject);
    auto* const names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ((parse_ip(name) ? "IP:" : "DNS:") + name).c_str());
    X509_add_ext(cert, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(cert, key, EVP_sha256());
    auto* const chain = std::fopen(files().chain_file.c_str(), "w");
    PEM_write_X509(chain, cert);
    std::fclose(chain);
    auto* const secret = std::fopen(files().key_file.c_str(), "w");
    PEM_write_PrivateKey(secret, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(secret);
    X509_free(cert);
    EVP_PKEY_free(key);
}

certificate::~certificate()
{
    std::filesystem::remove_all(folder_);
}

} // namespace yett::tests
