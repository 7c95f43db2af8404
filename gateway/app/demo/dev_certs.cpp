#include "gateway/app/demo/dev_certs.hpp"

#include "gateway/base/random.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>

// An authority and a certificate for this machine. What is there and good is kept, so that a
// browser has to be told once. The authority can vouch for local names alone (name constraints, RFC
// 5280 section 4.2.1.10): whoever gets hold of its key, which lies beside it in the clear, can
// pretend to be localhost and nobody else.

namespace yett::app {
namespace {

using std::chrono::days;
namespace fs = std::filesystem;

template<auto Free>
struct freed_by
{
    template<class T>
    void operator()(T* p) const noexcept
    {
        Free(p);
    }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using x509_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;
using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free_all>>;

constexpr days ca_lifetime{3650};
constexpr days leaf_lifetime{90};
constexpr days renewed_before{30};
constexpr auto leaf_names = "DNS:localhost,DNS:*.localhost,DNS:app.localhost,DNS:auth.localhost,IP:127.0.0.1,IP:::1";
constexpr auto ca_names = "critical,permitted;DNS:localhost,permitted;IP:127.0.0.0/255.0.0.0,"
                          "permitted;IP:0:0:0:0:0:0:0:1/FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF";

// A certificate with its key, or nothing when either is unusable.
struct pair
{
    x509_ptr certificate;
    key_ptr key;
    explicit operator bool() const noexcept { return certificate != nullptr && key != nullptr; }
};

// --- files ---------------------------------------------------------------------------

error cannot(char const* what, fs::path const& file)
{
    return our_error(errc::internal, std::string{what} + " " + file.string(), {errno, std::system_category()});
}

// Complete or not at all: a reader never sees half a key.
result<void> write_file(fs::path const& file, std::string_view bytes, mode_t mode)
{
    auto const fresh = fs::path{file}.concat(".new");
    ::unlink(fresh.c_str());
    auto const fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0) return cannot("cannot create", fresh);
    auto const written = ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
    ::fchmod(fd, mode);
    auto const closed = ::close(fd) == 0;
    if (!written || !closed || ::rename(fresh.c_str(), file.c_str()) != 0) return cannot("cannot write", file);
    return {};
}

template<class Write>
std::string pem(Write write)
{
    bio_ptr const memory{BIO_new(BIO_s_mem())};
    write(memory.get());
    char* bytes = nullptr;
    auto const size = BIO_get_mem_data(memory.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

result<void> save(pair const& p, fs::path const& certificate_file, fs::path const& key_file)
{
    auto const key = pem([&](BIO* to) { PEM_write_bio_PrivateKey(to, p.key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
    auto const certificate = pem([&](BIO* to) { PEM_write_bio_X509(to, p.certificate.get()); });
    if (auto saved = write_file(key_file, key, 0600); !saved) return saved;
    return write_file(certificate_file, certificate, 0644);
}

pair load(fs::path const& certificate_file, fs::path const& key_file)
{
    bio_ptr const certificate{BIO_new_file(certificate_file.c_str(), "r")};
    bio_ptr const key{BIO_new_file(key_file.c_str(), "r")};
    pair p;
    if (!certificate || !key) return p;
    p.certificate.reset(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr));
    p.key.reset(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
    if (p && X509_check_private_key(p.certificate.get(), p.key.get()) != 1) p = {};
    return p;
}

// --- certificates --------------------------------------------------------------------

void name(X509* of, std::string const& common_name)
{
    auto* const subject = X509_get_subject_name(of);
    auto const add = [&](char const* field, std::string const& value) {
        auto const* const bytes = reinterpret_cast<unsigned char const*>(value.data());
        X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8, bytes, static_cast<int>(value.size()), -1, 0);
    };
    add("O", "Yett development");
    add("CN", common_name);
}

bool extend(X509* certificate, X509* issuer, std::initializer_list<std::pair<int, char const*>> extensions)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    for (auto const& [nid, value] : extensions) {
        extension_ptr const e{X509V3_EXT_conf_nid(nullptr, &context, nid, value)};
        if (!e || X509_add_ext(certificate, e.get(), -1) != 1) return false;
    }
    return true;
}

x509_ptr blank(EVP_PKEY* key, wall_time now, days lifetime)
{
    x509_ptr c{X509_new()};
    auto serial = random_bytes(16);
    serial[0] &= 0x7f; // positive
    std::unique_ptr<BIGNUM, freed_by<BN_free>> const number{
        BN_bin2bn(reinterpret_cast<unsigned char const*>(serial.data()), static_cast<int>(serial.size()), nullptr)};
    BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(c.get()));
    X509_set_version(c.get(), X509_VERSION_3);
    // An hour ago: containers and virtual machines often lag behind.
    ASN1_TIME_set(X509_getm_notBefore(c.get()), to_unix(now) - 3600);
    ASN1_TIME_set(X509_getm_notAfter(c.get()), to_unix(now + lifetime));
    X509_set_pubkey(c.get(), key);
    return c;
}

pair make_ca(wall_time now)
{
    pair ca{nullptr, key_ptr{EVP_EC_gen("P-256")}};
    ca.certificate = blank(ca.key.get(), now, ca_lifetime);
    auto* const c = ca.certificate.get();
    // A name of its own each time: a browser that knows an older one must not take it for this.
    name(c, "Yett development CA " + std::to_string(to_unix(now)));
    X509_set_issuer_name(c, X509_get_subject_name(c));
    auto const extended = extend(c, c,
                                 {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                  {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                  {NID_subject_key_identifier, "hash"},
                                  {NID_name_constraints, ca_names}});
    if (!extended || X509_sign(c, ca.key.get(), EVP_sha256()) <= 0) return {};
    return ca;
}

pair make_leaf(pair const& ca, wall_time now)
{
    pair leaf{nullptr, key_ptr{EVP_EC_gen("P-256")}};
    leaf.certificate = blank(leaf.key.get(), now, leaf_lifetime);
    auto* const c = leaf.certificate.get();
    name(c, "localhost");
    X509_set_issuer_name(c, X509_get_subject_name(ca.certificate.get()));
    auto const extended = extend(c, ca.certificate.get(),
                                 {{NID_basic_constraints, "critical,CA:FALSE"},
                                  {NID_key_usage, "critical,digitalSignature"},
                                  {NID_ext_key_usage, "serverAuth,clientAuth"},
                                  {NID_subject_key_identifier, "hash"},
                                  {NID_authority_key_identifier, "keyid"},
                                  {NID_subject_alt_name, leaf_names}});
    if (!extended || X509_sign(c, ca.key.get(), EVP_sha256()) <= 0) return {};
    return leaf;
}

bool lasts(X509* certificate, wall_time now)
{
    auto const from = static_cast<time_t>(to_unix(now));
    auto until = static_cast<time_t>(to_unix(now + renewed_before));
    return ASN1_TIME_cmp_time_t(X509_get0_notBefore(certificate), from) <= 0 &&
           ASN1_TIME_cmp_time_t(X509_get0_notAfter(certificate), until) > 0;
}

bool usable_ca(pair const& ca, wall_time now)
{
    return ca && X509_check_ca(ca.certificate.get()) == 1 && lasts(ca.certificate.get(), now);
}

// Of the authority that is there, and with the names that later versions added.
bool usable_leaf(pair const& leaf, pair const& ca, wall_time now)
{
    if (!leaf || !lasts(leaf.certificate.get(), now)) return false;
    auto* const c = leaf.certificate.get();
    return X509_verify(c, ca.key.get()) == 1 && X509_check_host(c, "auth.localhost", 0, 0, nullptr) == 1 &&
           X509_check_ip_asc(c, "::1", 0) == 1;
}

} // namespace

result<dev_certs> make_dev_certs(fs::path const& folder, wall_time now)
{
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed) return our_error(errc::internal, "cannot create " + folder.string(), failed);

    dev_certs made{folder / "ca.crt", folder / "leaf.crt", folder / "leaf.key"};
    auto ca = load(made.ca_file, folder / "ca.key");
    if (!usable_ca(ca, now)) {
        ca = make_ca(now);
        made.new_ca = true;
        if (!ca) return our_error(errc::internal, "OpenSSL cannot make a CA");
        if (auto saved = save(ca, made.ca_file, folder / "ca.key"); !saved) return saved.error();
    }
    if (usable_leaf(load(made.chain_file, made.key_file), ca, now)) return made;

    auto const leaf = make_leaf(ca, now);
    made.new_leaf = true;
    if (!leaf) return our_error(errc::internal, "OpenSSL cannot make a certificate");
    if (auto saved = save(leaf, made.chain_file, made.key_file); !saved) return saved.error();
    return made;
}

} // namespace yett::app
