#include "gateway/transport/tls_context.hpp"
#include "tests/support/certificate.hpp"

#include <doctest/doctest.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <ctime>
#include <fstream>
#include <memory>
#include <string>

using namespace yett;
using tests::certificate;

// What clients get of an ocsp_file. Which responses are fit is tested beside their reader.

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
using file_ptr = std::unique_ptr<BIO, freed_by<BIO_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using basic_ptr = std::unique_ptr<OCSP_BASICRESP, freed_by<OCSP_BASICRESP_free>>;
using response_ptr = std::unique_ptr<OCSP_RESPONSE, freed_by<OCSP_RESPONSE_free>>;
using time_ptr = std::unique_ptr<ASN1_TIME, freed_by<ASN1_TIME_free>>;

// What a certificate that is its own issuer says of itself, for so many seconds.
std::string response_of(transport::certificate_files const& files, long seconds)
{
    file_ptr const chain{BIO_new_file(files.chain_file.c_str(), "r")};
    file_ptr const key_file{BIO_new_file(files.key_file.c_str(), "r")};
    certificate_ptr const leaf{PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)};
    key_ptr const key{PEM_read_bio_PrivateKey(key_file.get(), nullptr, nullptr, nullptr)};
    basic_ptr const basic{OCSP_BASICRESP_new()};
    time_ptr const began{ASN1_TIME_set(nullptr, std::time(nullptr) - 60)};
    time_ptr const ends{ASN1_TIME_set(nullptr, std::time(nullptr) + seconds)};
    auto* const id = OCSP_cert_to_id(EVP_sha1(), leaf.get(), leaf.get());
    OCSP_basic_add1_status(basic.get(), id, V_OCSP_CERTSTATUS_GOOD, 0, nullptr, began.get(), ends.get());
    OCSP_CERTID_free(id);
    OCSP_basic_sign(basic.get(), leaf.get(), key.get(), EVP_sha256(), nullptr, 0);
    response_ptr const response{OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get())};
    unsigned char* bytes = nullptr;
    auto const size = i2d_OCSP_RESPONSE(response.get(), &bytes);
    std::string der{reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size)};
    OPENSSL_free(bytes);
    return der;
}

std::shared_ptr<transport::tls_context> stapling(transport::certificate_files files, std::string const& der)
{
    files.ocsp_file = files.chain_file + ".der";
    std::ofstream{files.ocsp_file, std::ios::binary} << der;
    transport::tls_options options;
    options.certificates = {files};
    auto made = transport::tls_context::make(options, std::make_shared<transport::ticket_keys>());
    REQUIRE(made.has_value());
    return *made;
}

// What a client hears that asks for a status, or does not; both ends in memory.
std::string heard(transport::tls_context const& tls, int version, bool asks)
{
    std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>> const context{SSL_CTX_new(TLS_client_method())};
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    std::unique_ptr<SSL, freed_by<SSL_free>> const client{SSL_new(context.get())}, server{SSL_new(tls.handle())};
    BIO* ends[2]{};
    REQUIRE(BIO_new_bio_pair(&ends[0], 1 << 16, &ends[1], 1 << 16) == 1);
    SSL_set_bio(client.get(), ends[0], ends[0]);
    SSL_set_bio(server.get(), ends[1], ends[1]);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
    if (asks) SSL_set_tlsext_status_type(client.get(), TLSEXT_STATUSTYPE_ocsp);
    for (int turn = 0; turn < 4; ++turn) {
        SSL_do_handshake(client.get());
        SSL_do_handshake(server.get());
    }
    REQUIRE(SSL_is_init_finished(client.get()) == 1);
    REQUIRE(SSL_is_init_finished(server.get()) == 1);
    unsigned char const* bytes = nullptr;
    auto const size = SSL_get_tlsext_status_ocsp_resp(client.get(), &bytes);
    return size > 0 ? std::string{reinterpret_cast<char const*>(bytes), static_cast<std::size_t>(size)} : std::string{};
}

} // namespace

TEST_CASE("tls: a response is stapled for whoever asks for it")
{
    certificate const leaf{"one.example"};
    auto const der = response_of(leaf.files(), 3600);
    auto const tls = stapling(leaf.files(), der);
    REQUIRE(tls->stapled().size() == 1);
    CHECK(tls->stapled().front().first == leaf.files().chain_file + ".der");
    REQUIRE(tls->stapled().front().second.has_value());
    CHECK(*tls->stapled().front().second > wall_now());
    for (auto const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CHECK(heard(*tls, version, true) == der);
        CHECK(heard(*tls, version, false).empty());
    }
}

TEST_CASE("tls: a response that is not fit keeps nobody out")
{
    certificate const leaf{"one.example"}, another{"two.example"};
    for (auto const& der :
         {response_of(leaf.files(), -1), response_of(another.files(), 60), std::string{"nothing"}, std::string{}}) {
        auto const tls = stapling(leaf.files(), der);
        REQUIRE(tls->stapled().size() == 1);
        CHECK_FALSE(tls->stapled().front().second.has_value());
        CHECK(heard(*tls, TLS1_3_VERSION, true).empty());
    }
}
