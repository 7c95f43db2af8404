#include "gateway/transport/certificates/client_trust.hpp"

#include "gateway/transport/certificates/certificate_fault.hpp"
#include "tests/support/client_authority.hpp"

#include <doctest/doctest.h>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace yett;
using namespace yett::transport;
using tests::client_authority;

namespace {

std::string note_of(client_trust_options const& options)
{
    auto const read = client_trust::read(options);
    return read ? std::string{} : read.error().note();
}

std::string name_of(client_trust_options const& options)
{
    auto const read = client_trust::read(options);
    REQUIRE(read.has_value());
    return (*read)->name();
}

void write(std::string const& file, std::string const& text)
{
    std::ofstream{file} << text;
}

std::string content_of(std::string const& file)
{
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::unique_ptr<X509, decltype(&X509_free)> leaf_of(client_authority::issued const& one)
{
    auto const* bytes = reinterpret_cast<unsigned char const*>(one.der.data());
    return {d2i_X509(nullptr, &bytes, static_cast<long>(one.der.size())), X509_free};
}

} // namespace

TEST_CASE("client_trust: a file that cannot be used is named, and what is wrong with it")
{
    client_authority ca;
    ca.revoke({});
    auto const pem = content_of(ca.ca_file());
    auto const broken = ca.ca_file() + ".broken";
    write(broken, pem + pem.substr(0, pem.size() / 2));
    auto const damaged = ca.ca_file() + ".damaged";
    write(damaged, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    CHECK(note_of(ca.trusted()).empty());
    CHECK(note_of(ca.trusted_with_list()).empty());
    CHECK(note_of({"/nowhere/ca.crt", {}, false}) == "authorities of clients in /nowhere/ca.crt cannot be used: there are none");
    CHECK(note_of({damaged, {}, false}).ends_with("it is damaged"));
    CHECK(note_of({broken, {}, false}).ends_with("it is damaged"));
    CHECK(note_of({ca.ca_file(), "/nowhere/ca.crl", false}) ==
          "revocation lists in /nowhere/ca.crl cannot be used: there are none");
    // A certificate is no list, and a list no certificate.
    CHECK(note_of({ca.ca_file(), ca.ca_file(), false}).starts_with("revocation lists in"));
    CHECK(note_of({ca.crl_file(), {}, false}).starts_with("authorities of clients in"));
}

TEST_CASE("client_trust: another authority, another list and another wish have another name")
{
    client_authority ca, other;
    ca.revoke({});
    auto const plain = name_of(ca.trusted());
    CHECK(plain.size() == 32);
    CHECK(plain == name_of(ca.trusted()));
    CHECK(plain != name_of(ca.trusted(true)));
    CHECK(plain != name_of(other.trusted()));
    auto const listed = name_of(ca.trusted_with_list());
    CHECK(plain != listed);
    ca.revoke({ca.issue("DNS:a.internal")});
    CHECK(listed != name_of(ca.trusted_with_list()));
    CHECK(plain == name_of(ca.trusted()));
}

TEST_CASE("client_trust: of several lists the one that is out of date first counts")
{
    client_authority ca, other;
    auto const end_with = [&](std::string const& file) { return (*client_trust::read({ca.ca_file(), file, false}))->crl_end(); };
    CHECK_FALSE((*client_trust::read(ca.trusted()))->crl_end());
    ca.revoke({}, seconds{3600});
    other.revoke({}, seconds{600});
    auto const now = wall_now();
    auto const both = ca.crl_file() + ".both";
    write(both, content_of(ca.crl_file()) + content_of(other.crl_file()));
    CHECK(*end_with(ca.crl_file()) > now + seconds{3500});
    CHECK(*end_with(both) < now + seconds{601});
    CHECK(*end_with(both) > now + seconds{500});
}

TEST_CASE("client_trust: a session goes on only as far as it could be begun now")
{
    client_authority ca;
    ca.revoke({}, seconds{1800});
    auto const leaf = leaf_of(ca.issue("DNS:a.internal", {.ends = seconds{3600}}));
    auto const now = wall_now();
    auto const plain = *client_trust::read(ca.trusted());
    auto const listed = *client_trust::read(ca.trusted_with_list());
    auto const required = *client_trust::read(ca.trusted(true));
    CHECK(plain->still_stands(leaf.get(), now));
    CHECK(plain->still_stands(leaf.get(), now + seconds{3500}));
    CHECK_FALSE(plain->still_stands(leaf.get(), now + seconds{3601}));
    CHECK(listed->still_stands(leaf.get(), now + seconds{1700}));
    CHECK_FALSE(listed->still_stands(leaf.get(), now + seconds{1801}));
    CHECK(plain->still_stands(nullptr, now));
    // A list is about those who show something.
    CHECK(listed->still_stands(nullptr, now + seconds{1801}));
    CHECK_FALSE(required->still_stands(nullptr, now));
}

TEST_CASE("certificate_fault: what somebody else has to mend is told apart")
{
    using enum certificate_fault;
    CHECK_FALSE(fault_of(X509_V_OK));
    CHECK(fault_of(X509_V_ERR_CERT_HAS_EXPIRED) == expired);
    CHECK(fault_of(X509_V_ERR_CERT_NOT_YET_VALID) == expired);
    CHECK(fault_of(X509_V_ERR_CERT_REVOKED) == revoked);
    CHECK(fault_of(X509_V_ERR_CRL_HAS_EXPIRED) == crl_expired);
    CHECK(fault_of(X509_V_ERR_UNABLE_TO_GET_CRL) == crl_missing);
    CHECK(fault_of(X509_V_ERR_CRL_SIGNATURE_FAILURE) == crl_missing);
    CHECK(fault_of(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY) == untrusted);
    CHECK(fault_of(X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT) == untrusted);
    CHECK(fault_of(X509_V_ERR_INVALID_PURPOSE) == other);
}
