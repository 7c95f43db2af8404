#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"
#include "gateway/transport/tls_context.hpp"

#include <openssl/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

struct ssl_session_st;

namespace yett::transport {

struct tls_client_options
{
    std::string ca_file; // PEM: whose certificates are believed; empty: those the system believes
    tls_floor min_version = tls_floor::tls12;
    std::vector<std::string> protocols{"http/1.1"}; // ALPN, the most wanted first
    bool verify = true;                             // false: whoever answers is believed to be the server
};

// How servers are spoken to with TLS: they are believed on the word of an authority alone, and
// only under the name they were called by, in subjectAltName: a common name is none (RFC 9525 section 2).
//
// Make one for each worker, for the reason that `tls_context` gives. What is checked, shown and kept
// of earlier connections belongs together: who changes one of them makes another context.
class tls_client_context
{
public:
    // What one server lets us keep of a connection to make later ones cheaper: nothing is signed and no
    // certificate shown then. It stands for the certificate that was checked when there was one, and is
    // offered only for so long after that.
    class session
    {
    public:
        static constexpr seconds believed_for{3600};
        session() = default;
        ~session();
        session(session const&) = delete;
        session& operator=(session const&) = delete;

        // Before the handshake: `of` goes on with it, and what it is given comes back here.
        void offer(ssl_st& of, steady_time now);
        // The server gave one to `of`; takes it over.
        void keep(ssl_st& of, ssl_session_st* given, steady_time now);

    private:
        ssl_session_st* kept_ = nullptr;
        steady_time checked_at_{}; // the certificate
    };

    // Fails with `internal` and a note that names the file when it cannot be used.
    static result<std::shared_ptr<tls_client_context>> make(tls_client_options const& options);

    // Shows connections that are made from now on this certificate with what it is signed by, and proves it by
    // that key, PEM both; it may be called again when the files have changed. Fails with `internal` and a note
    // that names the file that cannot be used; nothing should be made by the context then.
    result<void> identify(std::string const& certificate_file, std::string const& key_file);
    // The certificate that is shown, by its file, and when it ends; nothing: none is.
    std::optional<std::pair<std::string, wall_time>> end() const;
    // Of the server of that name, which says all that tells it from others. It lives as long as the context.
    session& session_with(std::string const& server) { return sessions_[server]; }
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
    std::string certificate_file_;
    std::map<std::string, session, std::less<>> sessions_;
};

} // namespace yett::transport
