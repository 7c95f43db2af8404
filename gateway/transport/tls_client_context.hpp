#pragma once

#include "gateway/base/result.hpp"
#include "gateway/transport/tls_context.hpp"

#include <openssl/types.h>

#include <memory>
#include <string>
#include <vector>

namespace yett::transport {

struct tls_client_options
{
    std::string ca_file; // PEM: whose certificates are believed; empty: those the system believes
    tls_floor min_version = tls_floor::tls12;
    std::vector<std::string> protocols{"http/1.1"}; // ALPN, the most wanted first
};

// How servers are spoken to with TLS: they are believed on the word of an authority alone, and
// only under the name they were called by (RFC 9525). There is no way to believe everybody.
//
// Make one for each worker, for the reason that `tls_context` gives.
class tls_client_context
{
public:
    // Fails with `internal` and a note that names the file when it cannot be used.
    static result<std::shared_ptr<tls_client_context>> make(tls_client_options const& options);

    // Shows connections that are made from now on this certificate with what it is signed by, and proves it by
    // that key, PEM both; it may be called again when the files have changed. Fails with `internal` and a note
    // that names the file that cannot be used; nothing should be made by the context then.
    result<void> identify(std::string const& certificate_file, std::string const& key_file);
    // What one connection asks for and wants to have proved: a host name, or an address, which is
    // not sent (RFC 6066 section 3). False when it is neither.
    static bool expect(ssl_st& of, std::string const& server_name);

    ~tls_client_context();
    tls_client_context(tls_client_context const&) = delete;
    tls_client_context& operator=(tls_client_context const&) = delete;

    ssl_ctx_st* handle() const noexcept { return ctx_; }

private:
    explicit tls_client_context(ssl_ctx_st* ctx) noexcept : ctx_{ctx} {}

    ssl_ctx_st* ctx_;
};

} // namespace yett::transport
