#include "gateway/transport/tls_settings.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>

namespace yett::transport {

ssl_ctx_st* configured_tls(ssl_method_st const* role, tls_floor min_version)
{
    auto* const ctx = SSL_CTX_new(role);
    if (ctx == nullptr) return nullptr;
    SSL_CTX_set_min_proto_version(ctx, min_version == tls_floor::tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // Releasing is what makes an idle connection small, and tls_memory what makes it cheap; the
    // other two let a full buffer be retried.
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    auto const suites = SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
                        SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                                                      "TLS_CHACHA20_POLY1305_SHA256") == 1 &&
                        SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") == 1;
    if (suites) return ctx;
    SSL_CTX_free(ctx);
    return nullptr;
}

std::vector<unsigned char> alpn_names(std::vector<std::string> const& protocols)
{
    std::vector<unsigned char> names;
    for (auto const& name : protocols) {
        names.push_back(static_cast<unsigned char>(name.size()));
        names.insert(names.end(), name.begin(), name.end());
    }
    return names;
}

std::string tls_reasons()
{
    std::string text;
    while (auto const code = ERR_get_error()) {
        std::array<char, 256> line;
        ERR_error_string_n(code, line.data(), line.size());
        text.append(text.empty() ? "" : "; ").append(line.data());
    }
    return text;
}

} // namespace yett::transport
