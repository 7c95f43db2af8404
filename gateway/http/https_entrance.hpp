#pragma once

#include "gateway/base/ip.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yett::http {

class target;

// Names that certificates are for: exact ones, those of one label more ("*.example.com", RFC 6125
// section 6.4.3), and addresses.
class certificate_names
{
public:
    certificate_names() = default;
    explicit certificate_names(std::span<std::string const> names);

    // `host` as `target::host` has it: lower case, without port, IPv6 in brackets.
    bool have(std::string_view host) const;

private:
    std::vector<std::string> names_; // lower case
    std::vector<ip_address> addresses_;
};

// Where clients that came in clear are sent to.
class https_entrance
{
public:
    https_entrance(certificate_names names, std::uint16_t port) : names_{std::move(names)}, port_{port} {}

    // A port for clients that came in clear to the very one where TLS is spoken: their own.
    static constexpr std::uint16_t as_asked = 0;
    // True of such an entrance: nobody is served there in clear, whatever a proxy says.
    bool is_where_asked() const noexcept { return port_ == as_asked; }

    // "https://app.example:8443/path?query", for a name that a certificate has: no other one may
    // choose where a browser goes. Nothing for other names, and for `OPTIONS *`.
    // `asked_port` is that of the Host field.
    std::optional<std::string> address_for(target const& asked, std::uint16_t asked_port = 443) const;

private:
    certificate_names names_;
    std::uint16_t port_; // of HTTPS; left out when it is 443
};

// Whether a browser may be told to use nothing but HTTPS for that host (RFC 6797): a name, and
// not one of this very machine. `host` without port, in any case.
bool may_be_https_only(std::string_view host);

} // namespace yett::http
