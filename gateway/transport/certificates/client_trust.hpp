#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>

struct stack_st_X509_NAME;

namespace yett::transport {

// Whether clients are asked for a certificate, and who vouches for it.
struct client_trust_options
{
    std::string ca_file;   // PEM: authorities up to their roots; empty: nobody is asked
    std::string crl_file;  // PEM: what each of them revoked; empty: they revoke nothing
    bool required = false; // without one the handshake fails
};

// Whose certificates are believed to say who a client is. A chain has to lead to a root of the file, and be
// good now; where there are lists of what was revoked, there has to be one of each authority of the chain
// that is up to date. A certificate that does not verify ends the handshake, also where none would do.
class client_trust
{
public:
    // Reads the files. Fails with `internal` and a note that names the one that cannot be used.
    static result<std::unique_ptr<client_trust>> read(client_trust_options const& options);

    ~client_trust();
    client_trust(client_trust const&) = delete;
    client_trust& operator=(client_trust const&) = delete;

    // Connections of the context ask for a certificate from now on.
    void ask_in(ssl_ctx_st& context) const;
    // 32 bytes that tell this from any other trust: a session that was made under one does not go on
    // under another.
    std::string const& name() const noexcept { return name_; }
    // Whether a session may go on whose client had shown this, null: nothing. It was verified then and is
    // not again, but time has passed.
    bool still_stands(X509 const* shown, wall_time now) const;
    // When the first of the lists is out of date; nothing without lists, or when they do not say.
    std::optional<wall_time> crl_end() const noexcept { return crl_end_; }

private:
    explicit client_trust(bool required);
    result<void> read_authorities(std::string const& file);
    result<void> read_lists(std::string const& file);

    X509_STORE* store_;
    stack_st_X509_NAME* names_; // of the authorities, for clients to choose by
    std::string name_;
    std::optional<wall_time> crl_end_;
    bool required_;
};

} // namespace yett::transport
