#include "gateway/transport/certificates/ocsp_response.hpp"

#include <doctest/doctest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

using namespace yett;
using namespace yett::transport;
using namespace std::chrono_literals;

namespace {

constexpr auto now = wall_time{1'900'000'000s};

template<auto Free>
struct freed_by
{
    template<class T>
    void operator()(T* p) const
    {
        Free(p);
    }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using basic_ptr = std::unique_ptr<OCSP_BASICRESP, freed_by<OCSP_BASICRESP_free>>;
using response_ptr = std::unique_ptr<OCSP_RESPONSE, freed_by<OCSP_RESPONSE_free>>;
using time_ptr = std::unique_ptr<ASN1_TIME, freed_by<ASN1_TIME_free>>;

void add_extension(X509* to, int which, char const* value)
{
    auto* const made = X509V3_EXT_conf_nid(nullptr, nullptr, which, value);
    X509_add_ext(to, made, -1);
    X509_EXTENSION_free(made);
}

// Somebody with a key and a certificate of an issuer, or of their own.
struct party
{
    party(char const* name, party const* issuer, long serial = 7, bool may_answer = false)
        : key{EVP_EC_gen("P-256")},
          certificate{X509_new()}
    {
        auto* const c = certificate.get();
        X509_set_version(c, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(c), serial);
        ASN1_TIME_set(X509_getm_notBefore(c), to_unix(now - 24h));
        ASN1_TIME_set(X509_getm_notAfter(c), to_unix(now + 24h * 30));
        X509_set_pubkey(c, key.get());
        auto const* const text = reinterpret_cast<unsigned char const*>(name);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_ASC, text, -1, -1, 0);
        X509_set_issuer_name(c, X509_get_subject_name(issuer ? issuer->certificate.get() : c));
        if (!issuer) add_extension(c, NID_basic_constraints, "critical,CA:TRUE");
        if (may_answer) add_extension(c, NID_ext_key_usage, "OCSPSigning");
        X509_sign(c, issuer ? issuer->key.get() : key.get(), EVP_sha256());
    }

    key_ptr key;
    certificate_ptr certificate;
};

time_ptr time_of(wall_time at)
{
    return time_ptr{ASN1_TIME_set(nullptr, to_unix(at))};
}

// What an issuer would say.
class answers
{
public:
    // Until then; null: without an end.
    answers& add(party const& about, party const& issuer, int status = V_OCSP_CERTSTATUS_GOOD, wall_time from = now - 1h,
                 std::optional<wall_time> until = now + 1h, EVP_MD const* digest = EVP_sha1())
    {
        auto* const id = OCSP_cert_to_id(digest, about.certificate.get(), issuer.certificate.get());
        auto const revoked = time_of(now - 2h);
        auto const began = time_of(from);
        auto const ends = until ? time_of(*until) : time_ptr{};
        auto* const when = status == V_OCSP_CERTSTATUS_REVOKED ? revoked.get() : nullptr;
        OCSP_basic_add1_status(basic_.get(), id, status, 0, when, began.get(), ends.get());
        OCSP_CERTID_free(id);
        return *this;
    }
    std::string signed_by(party const& who, int with = OCSP_RESPONSE_STATUS_SUCCESSFUL)
    {
        OCSP_basic_sign(basic_.get(), who.certificate.get(), who.key.get(), EVP_sha256(), nullptr, 0);
        response_ptr const response{OCSP_response_create(with, basic_.get())};
        unsigned char* bytes = nullptr;
        auto const size = i2d_OCSP_RESPONSE(response.get(), &bytes);
        std::string der{reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size)};
        OPENSSL_free(bytes);
        return der;
    }

private:
    basic_ptr basic_{OCSP_BASICRESP_new()};
};

struct world
{
    party issuer{"issuer", nullptr};
    party leaf{"one.example", &issuer};
    party neighbour{"two.example", &issuer, 8};
    party stranger{"stranger", nullptr};
    party theirs{"one.example", &stranger}; // of the same serial number
    party responder{"responder", &issuer, 9, true};
    party no_responder{"no responder", &issuer, 10};

    result<ocsp_response> read(std::string const& der, bool with_issuer = true) const
    {
        auto* const chain = sk_X509_new_null();
        sk_X509_push(chain, with_issuer ? issuer.certificate.get() : stranger.certificate.get());
        auto made = read_ocsp_response(der, leaf.certificate.get(), chain, now);
        sk_X509_free(chain);
        return made;
    }
    std::string why_not(std::string const& der, bool with_issuer = true) const
    {
        auto const made = read(der, with_issuer);
        return made ? "it is fit" : made.error().note();
    }
};

} // namespace

TEST_CASE("OCSP response: one that says good is taken as it is, with its end")
{
    world const w;
    for (auto const* digest : {EVP_sha1(), EVP_sha256()}) {
        auto const der = answers{}.add(w.leaf, w.issuer, V_OCSP_CERTSTATUS_GOOD, now - 1h, now + 1h, digest).signed_by(w.issuer);
        auto const made = w.read(der);
        REQUIRE(made.has_value());
        CHECK(made->der == der);
        CHECK(made->until == now + 1h);
    }
    auto const endless = answers{}.add(w.leaf, w.issuer, V_OCSP_CERTSTATUS_GOOD, now, std::nullopt).signed_by(w.issuer);
    CHECK(w.read(endless)->until == wall_time::max());
    auto const of_several = answers{}.add(w.neighbour, w.issuer).add(w.leaf, w.issuer).signed_by(w.issuer);
    CHECK(w.read(of_several).has_value());
    auto const by_another = answers{}.add(w.leaf, w.issuer).signed_by(w.responder);
    CHECK(w.read(by_another).has_value());
    auto const ahead = answers{}.add(w.leaf, w.issuer, V_OCSP_CERTSTATUS_GOOD, now + 4min).signed_by(w.issuer);
    CHECK(w.read(ahead).has_value());
}

TEST_CASE("OCSP response: what a client could not use is not taken")
{
    world const w;
    auto const good = answers{}.add(w.leaf, w.issuer).signed_by(w.issuer);
    struct
    {
        std::string der;
        char const* why;
    } const rows[] = {
        {"", "is no OCSP response in DER"},
        {"-----BEGIN OCSP RESPONSE-----\n", "is no OCSP response in DER"},
        {good.substr(0, good.size() - 1), "is no OCSP response in DER"},
        {good + "\n", "is no OCSP response in DER"},
        {answers{}.signed_by(w.issuer, OCSP_RESPONSE_STATUS_TRYLATER), "is no answer: trylater"},
        {answers{}.signed_by(w.issuer), "is about another certificate"},
        {answers{}.add(w.neighbour, w.issuer).signed_by(w.issuer), "is about another certificate"},
        {answers{}.add(w.theirs, w.stranger).signed_by(w.stranger), "is about another certificate"},
        {answers{}.add(w.leaf, w.issuer, V_OCSP_CERTSTATUS_REVOKED).signed_by(w.issuer),
         "does not say that the certificate is good"},
        {answers{}.add(w.leaf, w.issuer, V_OCSP_CERTSTATUS_UNKNOWN).signed_by(w.issuer),
         "does not say that the certificate is good"},
        {answers{}.add(w.leaf, w.issuer, V_OCSP_CERTSTATUS_GOOD, now - 2h, now).signed_by(w.issuer), "has expired"},
        {answers{}.add(w.leaf, w.issuer, V_OCSP_CERTSTATUS_GOOD, now + 6min).signed_by(w.issuer), "is not valid yet"},
        {answers{}.add(w.leaf, w.issuer).signed_by(w.stranger), "is not signed for the certificate's issuer"},
        {answers{}.add(w.leaf, w.issuer).signed_by(w.no_responder), "is not signed for the certificate's issuer"},
        {answers{}.add(w.leaf, w.issuer).signed_by(w.leaf), "is not signed for the certificate's issuer"},
    };
    for (auto const& row : rows) CHECK(w.why_not(row.der) == row.why);
}

TEST_CASE("OCSP response: without the issuer in the chain nobody can look at the signature")
{
    world const w;
    CHECK(w.why_not(answers{}.add(w.leaf, w.issuer).signed_by(w.issuer), false) == "it is fit");
    CHECK(w.why_not(answers{}.add(w.leaf, w.issuer).signed_by(w.stranger), false) == "it is fit");
    CHECK(w.why_not(answers{}.add(w.neighbour, w.issuer).signed_by(w.issuer), false) == "is about another certificate");
}

TEST_CASE("OCSP response: a certificate that nobody else signed is its own issuer")
{
    world const w;
    auto const der = answers{}.add(w.issuer, w.issuer).signed_by(w.issuer);
    CHECK(read_ocsp_response(der, w.issuer.certificate.get(), nullptr, now).has_value());
    auto const forged = answers{}.add(w.issuer, w.issuer).signed_by(w.stranger);
    CHECK_FALSE(read_ocsp_response(forged, w.issuer.certificate.get(), nullptr, now).has_value());
}
