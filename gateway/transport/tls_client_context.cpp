#include "gateway/transport/tls_client_context.hpp"

#include "gateway/base/ip.hpp"
#include "gateway/transport/tls_settings.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <ctime>

namespace yett::transport {

namespace {

bool trust(SSL_CTX* ctx, std::string const& ca_file)
{
    if (ca_file.empty()) return SSL_CTX_set_default_verify_paths(ctx) == 1;
    return SSL_CTX_load_verify_file(ctx, ca_file.c_str()) == 1;
}

bool offer(SSL_CTX* ctx, std::vector<std::string> const& protocols)
{
    auto const names = alpn_names(protocols);
    return SSL_CTX_set_alpn_protos(ctx, names.data(), static_cast<unsigned>(names.size())) == 0;
}

// Without it OpenSSL would ask whoever sits at the terminal.
int no_passphrase(char*, int, int, void*)
{
    return -1;
}

// True: it was taken over. Connections that are not to be resumed have nowhere to keep it.
int on_session(SSL* of, SSL_SESSION* given)
{
    auto* const home = static_cast<tls_client_context::session*>(SSL_get_app_data(of));
    if (home == nullptr) return 0;
    home->keep(*of, given, steady_now());
    return 1;
}

error unusable(char const* what, std::string const& file)
{
    return our_error(errc::internal, std::string{what} + " " + file + " cannot be used: " + tls_reasons());
}

} // namespace

result<std::shared_ptr<tls_client_context>> tls_client_context::make(tls_client_options const& options)
{
    auto* const ctx = configured_tls(TLS_client_method(), options.min_version);
    if (ctx == nullptr) return our_error(errc::internal, "no TLS: " + tls_reasons());
    std::shared_ptr<tls_client_context> made{new tls_client_context{ctx}};
    SSL_CTX_set_verify(ctx, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, on_session);
    if (!trust(ctx, options.ca_file)) return unusable("authorities in", options.ca_file);
    if (!offer(ctx, options.protocols)) return our_error(errc::internal, "no TLS: " + tls_reasons());
    return made;
}

result<void> tls_client_context::identify(std::string const& certificate_file, std::string const& key_file)
{
    SSL_CTX_set_default_passwd_cb(ctx_, no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(ctx_, certificate_file.c_str()) != 1) return unusable("certificate", certificate_file);
    if (SSL_CTX_use_PrivateKey_file(ctx_, key_file.c_str(), SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(ctx_) != 1)
        return unusable("key", key_file);
    certificate_file_ = certificate_file;
    return {};
}

std::optional<std::pair<std::string, wall_time>> tls_client_context::end() const
{
    std::tm at{};
    auto const* const shown = SSL_CTX_get0_certificate(ctx_);
    if (shown == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(shown), &at) != 1) return std::nullopt;
    return std::pair{certificate_file_, from_unix(timegm(&at))};
}

bool tls_client_context::expect(ssl_st& of, std::string const& server_name)
{
    if (server_name.empty()) return false;
    auto* const wanted = SSL_get0_param(&of);
    if (parse_ip(server_name)) return X509_VERIFY_PARAM_set1_ip_asc(wanted, server_name.c_str()) == 1;
    SSL_set_hostflags(&of, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    // What the macro SSL_set_tlsext_host_name does, in which C casts away the const.
    auto* const name = const_cast<char*>(server_name.c_str());
    return SSL_set1_host(&of, name) == 1 && SSL_ctrl(&of, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name) == 1;
}

tls_client_context::~tls_client_context()
{
    SSL_CTX_free(ctx_);
}

tls_client_context::session::~session()
{
    SSL_SESSION_free(kept_);
}

// A copy, because OpenSSL takes a session of TLS 1.3 for used up by one connection, lest clients be followed from one
// to the next. Here both ends know each other, and many connections are opened at once.
void tls_client_context::session::offer(ssl_st& of, steady_time now)
{
    SSL_set_app_data(&of, this);
    if (kept_ == nullptr || now - checked_at_ >= believed_for) return;
    auto* const copy = SSL_SESSION_dup(kept_);
    if (copy != nullptr) SSL_set_session(&of, copy);
    SSL_SESSION_free(copy);
}

// A session that came of another one is as old as that: else one that is resumed over and over would
// outlive the certificate it stands for. OpenSSL tells of a session more than once when there are several tickets;
// the last one counts.
void tls_client_context::session::keep(ssl_st& of, ssl_session_st* given, steady_time now)
{
    if (SSL_session_reused(&of) == 0) checked_at_ = now;
    SSL_SESSION_free(std::exchange(kept_, given));
}

} // namespace yett::transport
