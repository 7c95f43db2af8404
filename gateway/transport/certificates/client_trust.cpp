#include "gateway/transport/certificates/client_trust.hpp"

#include "gateway/base/random.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <ctime>
#include <fstream>
#include <iterator>
#include <memory>
#include <new>

// As nginx and HAProxy have it: chains end at a root, and with lists every authority of a chain needs one
// (X509_V_FLAG_CRL_CHECK_ALL). To end at an intermediate (X509_V_FLAG_PARTIAL_CHAIN) would fall out with the
// lists, for nobody could check the one that speaks of the intermediate itself.
//
// Files are read as a whole before they are taken apart, so that what is believed and what names it are the
// same bytes.

namespace yett::transport {
namespace {

template<auto Free>
struct freed_by
{
    template<class T>
    void operator()(T* what) const noexcept
    {
        Free(what);
    }
};
using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free_all>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using crl_ptr = std::unique_ptr<X509_CRL, freed_by<X509_CRL_free>>;

error unusable(std::string const& what, std::string const& file, std::string const& why)
{
    return our_error(errc::internal, what + " " + file + " cannot be used: " + why);
}

std::string content_of(std::string const& file)
{
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

bio_ptr reader_of(std::string const& text)
{
    return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

// Nobody is at the terminal.
int no_passphrase(char*, int, int, void*)
{
    return -1;
}

// What is read comes to its end with no line to start at; anything else is damage.
bool is_at_end()
{
    auto const code = ERR_peek_last_error();
    auto const ended = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    return ended;
}

std::optional<wall_time> time_of(ASN1_TIME const* at)
{
    std::tm parts{};
    if (at == nullptr || ASN1_TIME_to_tm(at, &parts) != 1) return std::nullopt;
    return from_unix(timegm(&parts));
}

} // namespace

result<std::unique_ptr<client_trust>> client_trust::read(client_trust_options const& options)
{
    std::unique_ptr<client_trust> made{new client_trust{options.required}};
    if (auto done = made->read_authorities(options.ca_file); !done) return done.error();
    if (options.crl_file.empty()) return made;
    if (auto done = made->read_lists(options.crl_file); !done) return done.error();
    return made;
}

client_trust::client_trust(bool required)
    : store_{X509_STORE_new()},
      names_{sk_X509_NAME_new_null()},
      name_{sha256(required ? "required" : "optional")},
      required_{required}
{
    if (store_ == nullptr || names_ == nullptr) throw std::bad_alloc{};
}

client_trust::~client_trust()
{
    X509_STORE_free(store_);
    sk_X509_NAME_pop_free(names_, X509_NAME_free);
}

result<void> client_trust::read_authorities(std::string const& file)
{
    auto const text = content_of(file);
    auto const from = reader_of(text);
    ERR_clear_error();
    while (certificate_ptr const each{PEM_read_bio_X509(from.get(), nullptr, no_passphrase, nullptr)}) {
        X509_STORE_add_cert(store_, each.get());
        sk_X509_NAME_push(names_, X509_NAME_dup(X509_get_subject_name(each.get())));
    }
    if (!is_at_end()) return unusable("authorities of clients in", file, "it is damaged");
    if (sk_X509_NAME_num(names_) == 0) return unusable("authorities of clients in", file, "there are none");
    name_ = sha256(name_ + sha256(text));
    return {};
}

result<void> client_trust::read_lists(std::string const& file)
{
    auto const text = content_of(file);
    auto const from = reader_of(text);
    auto lists = 0;
    ERR_clear_error();
    while (crl_ptr const each{PEM_read_bio_X509_CRL(from.get(), nullptr, no_passphrase, nullptr)}) {
        X509_STORE_add_crl(store_, each.get());
        auto const end = time_of(X509_CRL_get0_nextUpdate(each.get()));
        if (end && (!crl_end_ || *end < *crl_end_)) crl_end_ = end;
        ++lists;
    }
    if (!is_at_end()) return unusable("revocation lists in", file, "it is damaged");
    if (lists == 0) return unusable("revocation lists in", file, "there are none");
    X509_STORE_set_flags(store_, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    name_ = sha256(name_ + sha256(text));
    return {};
}

// The store is for clients alone: a chain of our own is what its file holds, and is not made longer by it.
void client_trust::ask_in(ssl_ctx_st& context) const
{
    SSL_CTX_set1_verify_cert_store(&context, store_);
    SSL_CTX_set_client_CA_list(&context, SSL_dup_CA_list(names_));
    SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | (required_ ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
}

bool client_trust::still_stands(X509 const* shown, wall_time now) const
{
    if (shown == nullptr) return !required_;
    if (crl_end_ && now >= *crl_end_) return false;
    auto const end = time_of(X509_get0_notAfter(shown));
    return end && now < *end;
}

} // namespace yett::transport
