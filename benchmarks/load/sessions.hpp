#pragma once

#include <memory>
#include <openssl/ssl.h>

namespace load {

struct free_openssl
{
    void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
    void operator()(SSL* p) const { SSL_free(p); }
    void operator()(SSL_SESSION* p) const { SSL_SESSION_free(p); }
};
template<class T>
using openssl = std::unique_ptr<T, free_openssl>;

// The newest session a server sent a ticket for.
class sessions
{
public:
    sessions() : context_(SSL_CTX_new(TLS_client_method()))
    {
        auto* const context = context_.get();
        SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
        SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_read_ahead(context, 1);
        SSL_CTX_set_default_read_buffer_len(context, 32 << 10);
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(context, &sessions::keep);
        SSL_CTX_set_app_data(context, this);
        // Else OpenSSL takes back the session of a server that closes without a word, and its ticket is good for nothing.
        SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
        // What nginx, HAProxy and Yett choose of OpenSSL's list, and Go's servers would not: all shall do the same work.
        SSL_CTX_set_ciphersuites(context, "TLS_AES_256_GCM_SHA384");
    }

    openssl<SSL> open(int fd, bool resume)
    {
        openssl<SSL> stream(SSL_new(context_.get()));
        SSL_set_fd(stream.get(), fd);
        char name[] = "localhost";
        // The macro casts as C does, which warnings forbid.
        SSL_ctrl(stream.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name);
        // A copy, for OpenSSL uses up what it resumes.
        if (resume && newest_) SSL_set_session(stream.get(), openssl<SSL_SESSION>(SSL_SESSION_dup(newest_.get())).get());
        SSL_set_connect_state(stream.get());
        return stream;
    }

    bool has_one() const { return newest_ != nullptr; }

private:
    static int keep(SSL* stream, SSL_SESSION* session)
    {
        static_cast<sessions*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(stream)))->newest_.reset(session);
        return 1;
    }

    openssl<SSL_CTX> context_;
    openssl<SSL_SESSION> newest_;
};

} // namespace load
