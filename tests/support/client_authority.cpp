#include "tests/support/client_authority.hpp"

#include "gateway/base/random.hpp"

#include <doctest/doctest.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>

namespace yett::tests {
namespace {

void name(X509& certificate, std::string const& text)
{
    auto const* const bytes = reinterpret_cast<unsigned char const*>(text.c_str());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(&certificate), "CN", MBSTRING_UTF8, bytes, -1, -1, 0);
}

void extend(X509& certificate, int which, std::string const& value)
{
    auto* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, which, value.c_str());
    REQUIRE_MESSAGE(extension != nullptr, value);
    X509_add_ext(&certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

X509* begin(EVP_PKEY* key, seconds begins, seconds ends)
{
    auto* const made = X509_new();
    X509_set_version(made, 2);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(made), random_u64() >> 1);
    X509_gmtime_adj(X509_getm_notBefore(made), begins.count());
    X509_gmtime_adj(X509_getm_notAfter(made), ends.count());
    X509_set_pubkey(made, key);
    return made;
}

void add_raw_name(X509& certificate, std::string const& bytes)
{
    auto* const names = GENERAL_NAMES_new();
    auto* const one = GENERAL_NAME_new();
    auto* const text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, bytes.data(), static_cast<int>(bytes.size()));
    GENERAL_NAME_set0_value(one, GEN_DNS, text);
    sk_GENERAL_NAME_push(names, one);
    X509_add1_ext_i2d(&certificate, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT);
    GENERAL_NAMES_free(names);
}

std::string der_of(X509 const& certificate)
{
    unsigned char* bytes = nullptr;
    auto const size = i2d_X509(&certificate, &bytes);
    std::string der{reinterpret_cast<char const*>(bytes), static_cast<std::size_t>(size)};
    OPENSSL_free(bytes);
    return der;
}

template<class Write>
void write(std::string const& file, Write into)
{
    auto* const out = std::fopen(file.c_str(), "w");
    REQUIRE(out != nullptr);
    into(out);
    std::fclose(out);
}

} // namespace

client_authority::client_authority(std::string const& text)
    : folder_{(std::filesystem::temp_directory_path() / "yett-ca-XXXXXX").string()},
      key_{EVP_EC_gen("P-256")},
      certificate_{begin(key_, seconds{-3600}, seconds{86400})}
{
    REQUIRE(::mkdtemp(folder_.data()) != nullptr);
    name(*certificate_, text);
    X509_set_issuer_name(certificate_, X509_get_subject_name(certificate_));
    extend(*certificate_, NID_basic_constraints, "critical,CA:TRUE");
    extend(*certificate_, NID_key_usage, "critical,keyCertSign,cRLSign");
    X509_sign(certificate_, key_, EVP_sha256());
    write(ca_file(), [this](std::FILE* out) { PEM_write_X509(out, certificate_); });
}

client_authority::~client_authority()
{
    X509_free(certificate_);
    EVP_PKEY_free(key_);
    std::filesystem::remove_all(folder_);
}

client_authority::issued client_authority::issue(std::string const& names)
{
    return issue(names, {});
}

client_authority::issued client_authority::issue(std::string const& names, wish const& how)
{
    auto* const key = EVP_EC_gen("P-256");
    auto* const leaf = begin(key, how.begins, how.ends);
    name(*leaf, "a common name is no name");
    X509_set_issuer_name(leaf, X509_get_subject_name(certificate_));
    if (!names.empty()) extend(*leaf, NID_subject_alt_name, names);
    if (!how.raw_dns_name.empty()) add_raw_name(*leaf, how.raw_dns_name);
    if (!how.usage.empty()) extend(*leaf, NID_ext_key_usage, how.usage);
    X509_sign(leaf, key_, EVP_sha256());
    auto const stem = folder_ + "/leaf" + std::to_string(++leaves_);
    issued made{stem + ".crt", stem + ".key", der_of(*leaf)};
    write(made.chain_file, [=](std::FILE* out) { PEM_write_X509(out, leaf); });
    write(made.key_file, [=](std::FILE* out) { PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
    X509_free(leaf);
    EVP_PKEY_free(key);
    return made;
}

void client_authority::revoke(std::vector<issued> const& which, seconds next_update)
{
    auto* const list = X509_CRL_new();
    X509_CRL_set_version(list, 1);
    X509_CRL_set_issuer_name(list, X509_get_subject_name(certificate_));
    auto* const at = X509_gmtime_adj(nullptr, -7200);
    X509_CRL_set1_lastUpdate(list, at);
    X509_gmtime_adj(at, next_update.count());
    X509_CRL_set1_nextUpdate(list, at);
    for (auto const& each : which) {
        auto const* bytes = reinterpret_cast<unsigned char const*>(each.der.data());
        auto* const leaf = d2i_X509(nullptr, &bytes, static_cast<long>(each.der.size()));
        auto* const entry = X509_REVOKED_new();
        X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(leaf));
        X509_gmtime_adj(at, -3600);
        X509_REVOKED_set_revocationDate(entry, at);
        X509_CRL_add0_revoked(list, entry);
        X509_free(leaf);
    }
    ASN1_TIME_free(at);
    X509_CRL_sign(list, key_, EVP_sha256());
    write(crl_file(), [=](std::FILE* out) { PEM_write_X509_CRL(out, list); });
    X509_CRL_free(list);
}

} // namespace yett::tests
