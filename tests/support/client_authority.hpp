#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/transport/certificates/client_trust.hpp"

#include <openssl/types.h>

#include <string>
#include <vector>

namespace yett::tests {

// An authority that certifies clients and revokes what it certified, in a temporary folder that goes with it.
class client_authority
{
public:
    explicit client_authority(std::string const& name = "clients of the tests");
    ~client_authority();
    client_authority(client_authority const&) = delete;
    client_authority& operator=(client_authority const&) = delete;

    struct issued
    {
        std::string chain_file;
        std::string key_file;
        std::string der; // of the leaf
    };
    struct wish
    {
        seconds begins{-60}; // from now on
        seconds ends{3600};
        std::string usage{};        // as OpenSSL writes extendedKeyUsage: "serverAuth"
        std::string raw_dns_name{}; // instead of names, byte by byte
    };
    // `names` as OpenSSL writes them: "URI:spiffe://a/b,DNS:a.internal,email:a@example.com"; empty: none.
    issued issue(std::string const& names);
    issued issue(std::string const& names, wish const& how);
    // Writes a list that names these, and is out of date then.
    void revoke(std::vector<issued> const& which, seconds next_update = seconds{3600});

    std::string ca_file() const { return folder_ + "/ca.crt"; }
    std::string crl_file() const { return folder_ + "/ca.crl"; }
    transport::client_trust_options trusted(bool required = false) const { return {ca_file(), {}, required}; }
    transport::client_trust_options trusted_with_list(bool required = false) const { return {ca_file(), crl_file(), required}; }

private:
    std::string folder_;
    EVP_PKEY* key_;
    X509* certificate_;
    int leaves_ = 0;
};

} // namespace yett::tests
