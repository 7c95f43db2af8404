#include "gateway/transport/tls_client_context.hpp"

#include "gateway/base/ip.hpp"
#include "gateway/transport/tls_settings.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

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
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
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
    return {};
}

bool tls_client_context::expect(ssl_st& of, std::string const& server_name)
{
    if (server_name.empty()) return false;
    auto* const wanted = SSL_get0_param(&of);
    if (parse_ip(server_name)) return X509_VERIFY_PARAM_set1_ip_asc(wanted, server_name.c_str()) == 1;
    SSL_set_hostflags(&of, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    // What the macro SSL_set_tlsext_host_name does, in which C casts away the const.
    auto* const name = const_cast<char*>(server_name.c_str());
    return SSL_set1_host(&of, name) == 1 && SSL_ctrl(&of, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name) == 1;
}

tls_client_context::~tls_client_context()
{
    SSL_CTX_free(ctx_);
}

} // namespace yett::transport
