#include "gateway/app/demo/dev_certs.hpp"

#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdlib.h>

#include <fstream>
#include <functional>
#include <memory>
#include <string>

namespace yett::app {
namespace {

using std::chrono::days;
namespace fs = std::filesystem;

wall_time const today = from_unix(1'800'000'000);

class folder
{
public:
    folder()
    {
        char name[] = "/tmp/yett-certs-XXXXXX";
        path_ = ::mkdtemp(name);
    }
    ~folder() { fs::remove_all(path_); }
    operator fs::path const&() const { return path_; }
    fs::path operator/(char const* name) const { return path_ / name; }

private:
    fs::path path_;
};

std::string content(fs::path const& file)
{
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>{in}, {}};
}

using x509_ptr = std::unique_ptr<X509, decltype(&X509_free)>;
using key_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

x509_ptr read_certificate(fs::path const& file)
{
    BIO* const in = BIO_new_file(file.c_str(), "r");
    REQUIRE(in != nullptr);
    x509_ptr c{PEM_read_bio_X509(in, nullptr, nullptr, nullptr), X509_free};
    BIO_free(in);
    REQUIRE(c != nullptr);
    return c;
}

key_ptr read_key(fs::path const& file)
{
    BIO* const in = BIO_new_file(file.c_str(), "r");
    REQUIRE(in != nullptr);
    key_ptr k{PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr), EVP_PKEY_free};
    BIO_free(in);
    REQUIRE(k != nullptr);
    return k;
}

// What OpenSSL says of the leaf when it trusts the CA alone, asked as a client of `host`.
int verify(X509* leaf, X509* ca, wall_time at, char const* host)
{
    X509_STORE* const store = X509_STORE_new();
    X509_STORE_add_cert(store, ca);
    X509_STORE_CTX* const context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, leaf, nullptr);
    auto* const rules = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(rules, static_cast<time_t>(to_unix(at)));
    X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_X509_STRICT);
    if (X509_VERIFY_PARAM_set1_ip_asc(rules, host) != 1) X509_VERIFY_PARAM_set1_host(rules, host, 0);
    X509_verify_cert(context);
    auto const verdict = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return verdict;
}

// A certificate for `name`, signed with the development CA's key as a thief would.
x509_ptr forged(fs::path const& in, X509* ca, char const* name)
{
    auto const ca_key = read_key(in / "ca.key");
    x509_ptr c{X509_new(), X509_free};
    X509_set_version(c.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(c.get()), 7);
    ASN1_TIME_set(X509_getm_notBefore(c.get()), to_unix(today));
    ASN1_TIME_set(X509_getm_notAfter(c.get()), to_unix(today + days{2}));
    X509_set_pubkey(c.get(), ca_key.get());
    X509_set_issuer_name(c.get(), X509_get_subject_name(ca));
    X509V3_CTX context;
    X509V3_set_ctx(&context, ca, c.get(), nullptr, nullptr, 0);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(c.get()), "O", MBSTRING_ASC, reinterpret_cast<unsigned char const*>("x"), -1,
                               -1, 0);
    for (auto const& [nid, value] :
         {std::pair{NID_subject_alt_name, std::string{"DNS:"} + name}, std::pair{NID_subject_key_identifier, std::string{"hash"}},
          std::pair{NID_authority_key_identifier, std::string{"keyid"}}}) {
        auto* const e = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
        X509_add_ext(c.get(), e, -1);
        X509_EXTENSION_free(e);
    }
    X509_sign(c.get(), ca_key.get(), EVP_sha256());
    return c;
}

fs::perms permissions(fs::path const& file)
{
    return fs::status(file).permissions() & fs::perms::all;
}

TEST_CASE("dev certs: a client that trusts the CA accepts the leaf for this machine and for nothing else")
{
    folder const here;
    auto const made = make_dev_certs(here, today);
    REQUIRE(made.has_value());
    CHECK(made->new_ca);
    CHECK(made->new_leaf);
    auto const ca = read_certificate(made->ca_file);
    auto const leaf = read_certificate(made->chain_file);
    for (auto const* host : {"localhost", "app.localhost", "auth.localhost", "127.0.0.1", "::1"}) {
        CAPTURE(host);
        CHECK(verify(leaf.get(), ca.get(), today, host) == X509_V_OK);
    }
    CHECK(verify(leaf.get(), ca.get(), today, "example.com") == X509_V_ERR_HOSTNAME_MISMATCH);
    CHECK(verify(leaf.get(), ca.get(), today, "192.0.2.1") == X509_V_ERR_IP_ADDRESS_MISMATCH);
    CHECK(verify(leaf.get(), ca.get(), today + days{91}, "localhost") == X509_V_ERR_CERT_HAS_EXPIRED);
    CHECK(X509_check_private_key(leaf.get(), read_key(made->key_file).get()) == 1);
}

TEST_CASE("dev certs: keys are readable by their owner alone, certificates by everybody")
{
    folder const here;
    REQUIRE(make_dev_certs(here, today).has_value());
    CHECK(permissions(here / "ca.key") == fs::perms{0600});
    CHECK(permissions(here / "leaf.key") == fs::perms{0600});
    CHECK(permissions(here / "ca.crt") == fs::perms{0644});
    CHECK(permissions(here / "leaf.crt") == fs::perms{0644});
}

TEST_CASE("dev certs: the CA cannot speak for names outside this machine")
{
    folder const here;
    REQUIRE(make_dev_certs(here, today).has_value());
    auto const ca = read_certificate(here / "ca.crt");
    auto const own = forged(here, ca.get(), "app.localhost");
    auto const foreign = forged(here, ca.get(), "example.com");
    CHECK(verify(own.get(), ca.get(), today, "app.localhost") == X509_V_OK);
    CHECK(verify(foreign.get(), ca.get(), today, "example.com") == X509_V_ERR_PERMITTED_VIOLATION);
}

TEST_CASE("dev certs: a second run changes nothing")
{
    folder const here;
    REQUIRE(make_dev_certs(here, today).has_value());
    auto const ca = content(here / "ca.crt");
    auto const leaf = content(here / "leaf.crt");
    auto const again = make_dev_certs(here, today + days{59});
    REQUIRE(again.has_value());
    CHECK_FALSE(again->new_ca);
    CHECK_FALSE(again->new_leaf);
    CHECK(content(here / "ca.crt") == ca);
    CHECK(content(here / "leaf.crt") == leaf);
}

TEST_CASE("dev certs: a leaf that ends soon is renewed under the same CA")
{
    folder const here;
    REQUIRE(make_dev_certs(here, today).has_value());
    auto const again = make_dev_certs(here, today + days{61});
    REQUIRE(again.has_value());
    CHECK_FALSE(again->new_ca);
    CHECK(again->new_leaf);
    auto const leaf = read_certificate(again->chain_file);
    CHECK(verify(leaf.get(), read_certificate(again->ca_file).get(), today + days{149}, "localhost") == X509_V_OK);
}

TEST_CASE("dev certs: what is missing, broken or does not belong together is made anew")
{
    struct
    {
        char const* name;
        std::function<void(fs::path const&)> harm;
        bool new_ca;
    } const cases[] = {
        {"no CA", [](auto const& f) { fs::remove(f / "ca.crt"); }, true},
        {"no CA key", [](auto const& f) { fs::remove(f / "ca.key"); }, true},
        {"broken CA", [](auto const& f) { std::ofstream{f / "ca.crt"} << "nonsense"; }, true},
        {"the leaf as CA",
         [](auto const& f) {
             fs::copy_file(f / "leaf.crt", f / "ca.crt", fs::copy_options::overwrite_existing);
             fs::copy_file(f / "leaf.key", f / "ca.key", fs::copy_options::overwrite_existing);
         },
         true},
        {"no leaf", [](auto const& f) { fs::remove(f / "leaf.crt"); }, false},
        {"no leaf key", [](auto const& f) { fs::remove(f / "leaf.key"); }, false},
        {"another leaf's key",
         [](auto const& f) { fs::copy_file(f / "ca.key", f / "leaf.key", fs::copy_options::overwrite_existing); }, false},
        {"the CA as leaf",
         [](auto const& f) {
             fs::copy_file(f / "ca.crt", f / "leaf.crt", fs::copy_options::overwrite_existing);
             fs::copy_file(f / "ca.key", f / "leaf.key", fs::copy_options::overwrite_existing);
         },
         false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        folder const here;
        REQUIRE(make_dev_certs(here, today).has_value());
        c.harm(here);
        auto const again = make_dev_certs(here, today);
        REQUIRE(again.has_value());
        CHECK(again->new_ca == c.new_ca);
        CHECK(again->new_leaf);
        auto const leaf = read_certificate(again->chain_file);
        CHECK(verify(leaf.get(), read_certificate(again->ca_file).get(), today, "localhost") == X509_V_OK);
        CHECK(X509_check_private_key(leaf.get(), read_key(again->key_file).get()) == 1);
    }
}

TEST_CASE("dev certs: a CA that ends soon is made anew, with another name")
{
    folder const here;
    REQUIRE(make_dev_certs(here, today).has_value());
    auto const old = read_certificate(here / "ca.crt");
    auto const again = make_dev_certs(here, today + days{3640});
    REQUIRE(again.has_value());
    CHECK(again->new_ca);
    auto const now = read_certificate(here / "ca.crt");
    CHECK(X509_NAME_cmp(X509_get_subject_name(old.get()), X509_get_subject_name(now.get())) != 0);
}

TEST_CASE("dev certs: a folder that cannot be made is an error that names it")
{
    folder const here;
    std::ofstream{here / "file"} << "x";
    auto const made = make_dev_certs(here / "file" / "certs", today);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().note().find("file/certs") != std::string::npos);

    fs::create_directories(here / "ca.key.new");
    fs::create_directories(here / "ca.key.new" / "full");
    CHECK_FALSE(make_dev_certs(here, today).has_value());
}

} // namespace
} // namespace yett::app
