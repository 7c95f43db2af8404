#include "gateway/transport/tls_context.hpp"

#include "gateway/base/public_suffix.hpp"
#include "gateway/base/random.hpp"
#include "gateway/transport/certificates/alternative_names.hpp"
#include "gateway/transport/tls_memory.hpp"
#include "gateway/transport/tls_settings.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <iterator>
#include <span>

namespace yett::transport {

namespace {

// Before main, because OpenSSL listens only until it first allocates.
[[maybe_unused]] auto const buffers_are_kept = keep_tls_buffers();

error unusable(std::string_view what, std::string const& file)
{
    return our_error(errc::internal, std::string{what} + " " + file + " cannot be used: " + tls_reasons());
}

std::string lower(std::string_view text)
{
    std::string out{text};
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return out;
}

// The host name within a server_name extension (RFC 6066 section 3): a list of one
// entry, type 0. Anything else counts as no name, which is the first certificate.
std::string_view host_name_in(std::span<unsigned char const> ext)
{
    if (ext.size() < 5 || ext[2] != TLSEXT_NAMETYPE_host_name) return {};
    auto const list = static_cast<std::size_t>(ext[0] << 8 | ext[1]);
    auto const name = static_cast<std::size_t>(ext[3] << 8 | ext[4]);
    if (list + 2 != ext.size() || name + 3 != list || name == 0 || name > 253) return {};
    return {reinterpret_cast<char const*>(ext.data()) + 5, name};
}

// The chain of the context has been loaded.
result<ocsp_response> response_in(std::string const& file, SSL_CTX* of)
{
    std::ifstream in{file, std::ios::binary};
    std::string const der{std::istreambuf_iterator<char>{in}, {}};
    if (!in || der.empty()) return our_error(errc::internal, "cannot be read, or is empty");
    STACK_OF(X509)* chain = nullptr;
    SSL_CTX_get0_chain_certs(of, &chain);
    return read_ocsp_response(der, SSL_CTX_get0_certificate(of), chain, wall_now());
}

} // namespace

struct tls_context::callbacks
{
    // Before anything else is read from the hello: later the session would already be resumed.
    static int on_hello(SSL* ssl, int* alert, void* self)
    {
        unsigned char const* data = nullptr;
        std::size_t size = 0;
        std::string name;
        if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &size) == 1) name = lower(host_name_in({data, size}));
        auto const& us = *static_cast<tls_context*>(self);
        auto* const chosen = us.context_for(name);
        auto const id = us.session_context_of(name);
        auto const* const id_bytes = reinterpret_cast<unsigned char const*>(id.data());
        if (SSL_set_SSL_CTX(ssl, chosen) != nullptr &&
            SSL_set_session_id_context(ssl, id_bytes, static_cast<unsigned>(id.size())) == 1)
            return SSL_CLIENT_HELLO_SUCCESS;
        *alert = SSL_AD_INTERNAL_ERROR;
        return SSL_CLIENT_HELLO_ERROR;
    }

    static int on_alpn(SSL*, unsigned char const** out, unsigned char* out_size, unsigned char const* in, unsigned in_size,
                       void* self)
    {
        auto const& ours = static_cast<tls_context*>(self)->alpn_;
        unsigned char* picked = nullptr;
        auto const found = SSL_select_next_proto(&picked, out_size, ours.data(), static_cast<unsigned>(ours.size()), in, in_size);
        // RFC 7301 section 3.2: nothing in common ends the handshake, against cross-protocol attacks.
        if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
        *out = picked;
        return SSL_TLSEXT_ERR_OK;
    }

    // RFC 5077 section 4: AES-256-CBC, then HMAC-SHA-256. Returns what OpenSSL wants: 1 for
    // done, 0 for a ticket to ignore, 2 for one to open and replace, -1 for a failure.
    static int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int sealing)
    {
        auto& keys = *static_cast<tls_context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->keys_;
        if (sealing) {
            auto key = keys.current(steady_now());
            std::copy(key.name.begin(), key.name.end(), name);
            auto const ready = RAND_bytes(iv, EVP_MAX_IV_LENGTH) == 1 && prepare(key, iv, cipher, mac, true);
            OPENSSL_cleanse(&key, sizeof key);
            return ready ? 1 : -1;
        }
        auto found = keys.named(name, steady_now());
        if (!found) return 0;
        auto const ready = prepare(found->key, iv, cipher, mac, false);
        OPENSSL_cleanse(&found->key, sizeof found->key);
        if (!ready) return -1;
        return found->newest ? 1 : 2;
    }

    // What the client was then is not verified again. A session that would not be begun now is not gone on
    // with, and the client is asked anew.
    static SSL_TICKET_RETURN on_session(SSL*, SSL_SESSION* found, unsigned char const*, std::size_t, SSL_TICKET_STATUS status,
                                        void* self)
    {
        auto const opened = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
        if (!opened) return SSL_TICKET_RETURN_IGNORE_RENEW;
        auto const& clients = *static_cast<tls_context*>(self)->clients_;
        if (!clients.still_stands(SSL_SESSION_get0_peer(found), wall_now())) return SSL_TICKET_RETURN_IGNORE_RENEW;
        return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
    }

    static bool prepare(ticket_keys::key& key, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, bool sealing)
    {
        std::string digest = "SHA256";
        std::array<OSSL_PARAM, 3> const params{
            OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
            OSSL_PARAM_construct_end(),
        };
        return EVP_MAC_CTX_set_params(mac, params.data()) == 1 &&
               EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv, sealing ? 1 : 0) == 1;
    }

    // In a handshake whose client asked for it. One that has expired since is not sent.
    static int on_status(SSL* ssl, void* response)
    {
        auto const& [der, until] = *static_cast<ocsp_response const*>(response);
        if (until <= wall_now()) return SSL_TLSEXT_ERR_NOACK;
        auto* const copy = OPENSSL_memdup(der.data(), der.size()); // which OpenSSL frees
        if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
        SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(der.size()));
        return SSL_TLSEXT_ERR_OK;
    }

    // Nobody is at the terminal: a key that wants a passphrase is an error.
    static int on_passphrase(char*, int, int, void*) { return 0; }
};

result<std::shared_ptr<tls_context>> tls_context::make(tls_options const& options, std::shared_ptr<ticket_keys> keys)
{
    if (options.certificates.empty()) return our_error(errc::internal, "TLS needs a certificate");
    std::shared_ptr<tls_context> made{new tls_context{options, std::move(keys)}};
    if (auto trusted = made->trust(options.clients); !trusted) return trusted.error();
    for (auto const& files : options.certificates)
        if (auto loaded = made->load(files); !loaded) return loaded.error();
    made->first_ = made->contexts_.front();
    return made;
}

tls_context::tls_context(tls_options const& options, std::shared_ptr<ticket_keys> keys)
    : options_{options},
      keys_{std::move(keys)}
{
    auto spoken = options_.protocols;
    // Whoever speaks 1.1 understands it, and nobody who offers it alone gets anything worse.
    if (std::ranges::find(spoken, "http/1.1") != spoken.end()) spoken.emplace_back("http/1.0");
    alpn_ = alpn_names(spoken);
}

tls_context::~tls_context()
{
    for (auto* ctx : contexts_) SSL_CTX_free(ctx);
}

std::vector<std::pair<std::string, wall_time>> tls_context::ends() const
{
    std::vector<std::pair<std::string, wall_time>> all;
    for (std::size_t i = 0; i < contexts_.size(); ++i) {
        std::tm end{};
        auto const* const leaf = SSL_CTX_get0_certificate(contexts_[i]);
        if (ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &end) == 1)
            all.emplace_back(options_.certificates[i].chain_file, from_unix(timegm(&end)));
    }
    return all;
}

result<void> tls_context::trust(client_trust_options const& clients)
{
    if (clients.ca_file.empty()) return {};
    auto read = client_trust::read(clients);
    if (!read) return read.error();
    clients_ = std::move(*read);
    return {};
}

result<void> tls_context::load(certificate_files const& files)
{
    ERR_clear_error();
    auto* const ctx = configured();
    if (ctx == nullptr) return our_error(errc::internal, "no TLS: " + tls_reasons());
    contexts_.push_back(ctx);
    if (SSL_CTX_use_certificate_chain_file(ctx, files.chain_file.c_str()) != 1) return unusable("certificate", files.chain_file);
    if (SSL_CTX_use_PrivateKey_file(ctx, files.key_file.c_str(), SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(ctx) != 1)
        return unusable("key", files.key_file);
    // The first certificate that has a name keeps it.
    auto* const leaf = SSL_CTX_get0_certificate(ctx);
    auto names = names_in(*leaf);
    std::ranges::move(names.addresses, std::back_inserter(names_));
    for (auto& name : names.dns) {
        names_.push_back(name);
        by_name_.try_emplace(std::move(name), ctx);
    }
    if (!files.ocsp_file.empty()) staple(ctx, files.ocsp_file);
    return {};
}

// Without a response clients ask the issuer themselves, or do without.
void tls_context::staple(ssl_ctx_st* to, std::string const& file)
{
    auto read = response_in(file, to);
    stapled_.emplace_back(file, read ? result<wall_time>{read->until} : result<wall_time>{read.error()});
    if (!read) return;
    auto& kept = responses_[to] = std::move(*read);
    // What SSL_CTX_set_tlsext_status_cb stands for, without its cast of C.
    SSL_CTX_callback_ctrl(to, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB, reinterpret_cast<void (*)()>(callbacks::on_status));
    SSL_CTX_set_tlsext_status_arg(to, &kept);
}

ssl_ctx_st* tls_context::configured()
{
    auto* const ctx = configured_tls(TLS_server_method(), options_.min_version);
    if (ctx == nullptr) return nullptr;
    SSL_CTX_set_app_data(ctx, this);
    SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_timeout(ctx, std::chrono::seconds{ticket_keys::rotation * 2}.count());
    SSL_CTX_set_max_early_data(ctx, 0);
    SSL_CTX_set_default_passwd_cb(ctx, callbacks::on_passphrase);
    SSL_CTX_set_client_hello_cb(ctx, callbacks::on_hello, this);
    SSL_CTX_set_alpn_select_cb(ctx, callbacks::on_alpn, this);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, callbacks::on_ticket);
    if (clients_) {
        clients_->ask_in(*ctx);
        SSL_CTX_set_session_ticket_cb(ctx, nullptr, callbacks::on_session, this);
    }
    return ctx;
}

// A session of another name has another id context, and OpenSSL then does a full handshake; so has one of
// another trust in clients, since all listeners share the keys of tickets. What a client may choose stands
// last, behind what it cannot.
std::string tls_context::session_context_of(std::string const& server_name) const
{
    return clients_ ? sha256("yett tls session of a client\n" + clients_->name() + server_name)
                    : sha256("yett tls session\n" + server_name);
}

// The exact name, then the wildcard one label up (RFC 6125 section 6.4.3).
ssl_ctx_st* tls_context::context_for(std::string_view server_name) const
{
    if (contexts_.size() == 1 || server_name.empty()) return first_;
    auto* const found = named(std::string{server_name});
    return found ? found : first_;
}

// Null when no certificate is for it.
ssl_ctx_st* tls_context::named(std::string name) const
{
    if (auto const exact = by_name_.find(name); exact != by_name_.end()) return exact->second;
    auto const dot = name.find('.');
    if (dot == std::string::npos) return nullptr;
    auto const wild = by_name_.find(name.replace(0, dot, "*"));
    return wild == by_name_.end() ? nullptr : wild->second;
}

bool tls_context::covers(std::string_view server_name, std::string_view host) const
{
    auto const wanted = lower(host);
    if (auto* const found = named(wanted)) return found == context_for(lower(server_name));
    return contexts_.size() == 1 && std::ranges::find(names_, wanted) != names_.end();
}

bool tls_context::has_public(std::string_view server_name) const
{
    return named(lower(server_name)) && is_public_name(server_name);
}

} // namespace yett::transport
