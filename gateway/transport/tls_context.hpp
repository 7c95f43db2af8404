#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"
#include "gateway/transport/certificates/client_trust.hpp"
#include "gateway/transport/certificates/ocsp_response.hpp"
#include "gateway/transport/ticket_keys.hpp"

#include <openssl/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace yett::transport {

// A certificate as files.
struct certificate_files
{
    std::string chain_file;  // PEM: the leaf, then intermediates
    std::string key_file;    // PEM
    std::string ocsp_file{}; // DER: what the issuer says of the leaf, to be stapled; empty: nothing
};

// The oldest version that is spoken.
enum class tls_floor : unsigned char
{
    tls12,
    tls13
};

// What a listener shows and offers.
struct tls_options
{
    std::vector<certificate_files> certificates; // SNI picks one; the first is for unknown and absent names
    tls_floor min_version = tls_floor::tls12;
    std::vector<std::string> protocols{"http/1.1"}; // ALPN, the most wanted first; 1.1 stands for 1.0, too
    client_trust_options clients = {};
};

// How a listener speaks TLS: AEAD suites of 1.2 and 1.3, stateless tickets, and neither
// renegotiation nor compression nor early data. A session resumes only under the server
// name it was made for, and under the trust in clients: it keeps the certificate that the client
// showed, which has to be good still. Clients are asked in the handshake alone, never later.
//
// Make one for each worker: OpenSSL 3.0 counts references to a shared context with
// atomics that every handshake contends for. The ticket keys alone are shared.
class tls_context
{
public:
    // Fails with `internal` and a note that names the file when one is unreadable, no
    // PEM, or a key does not belong to its certificate.
    static result<std::shared_ptr<tls_context>> make(tls_options const& options, std::shared_ptr<ticket_keys> keys);

    ~tls_context();
    tls_context(tls_context const&) = delete;
    tls_context& operator=(tls_context const&) = delete;

    ssl_ctx_st* handle() const noexcept { return first_; }
    // When each certificate ends, by the name of its file.
    std::vector<std::pair<std::string, wall_time>> ends() const;
    // When the lists of what authorities of clients revoked are out of date; nothing without lists.
    std::optional<wall_time> crl_end() const noexcept { return clients_ ? clients_->crl_end() : std::nullopt; }
    // Of each ocsp_file until when its response is stapled, or why it is not. No handshake fails for
    // want of one.
    std::vector<std::pair<std::string, result<wall_time>>> const& stapled() const noexcept { return stapled_; }
    // What the certificates are for: names in lower case, "*.example.com" as such, and addresses.
    std::vector<std::string> const& names() const noexcept { return names_; }
    // Whether one of them is for the name that a client asked for, and the whole world knows it by
    // that (see is_public_name).
    bool has_public(std::string_view server_name) const;
    // Whether the certificate that a client was shown who asked for that name (SNI; empty: none) is for a host, too. A host
    // that is an address is compared as it is written.
    bool covers(std::string_view server_name, std::string_view host) const;

private:
    struct callbacks; // what OpenSSL calls

    tls_context(tls_options const& options, std::shared_ptr<ticket_keys> keys);
    result<void> trust(client_trust_options const& clients);
    result<void> load(certificate_files const& files);
    void staple(ssl_ctx_st* to, std::string const& file);
    ssl_ctx_st* configured();
    // By the name a client asks for: exactly, then by wildcard, then the first.
    ssl_ctx_st* context_for(std::string_view server_name) const;
    ssl_ctx_st* named(std::string name) const;
    std::string session_context_of(std::string const& server_name) const;

    tls_options options_;
    std::shared_ptr<ticket_keys> keys_;
    std::unique_ptr<client_trust const> clients_; // null: they are asked for no certificate
    std::vector<unsigned char> alpn_;             // length-prefixed names
    ssl_ctx_st* first_ = nullptr;
    std::vector<ssl_ctx_st*> contexts_;                    // one for each certificate
    std::unordered_map<std::string, ssl_ctx_st*> by_name_; // lower case; "*.example.com" as such
    std::vector<std::string> names_;
    std::map<ssl_ctx_st*, ocsp_response> responses_; // OpenSSL holds on to their addresses
    std::vector<std::pair<std::string, result<wall_time>>> stapled_;
};

} // namespace yett::transport
