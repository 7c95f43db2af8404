#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"

#include <filesystem>

namespace yett::app {

// A certificate authority of one's own and a leaf for this machine, for development only.
struct dev_certs
{
    std::filesystem::path ca_file;    // ca.crt, what `curl --cacert` wants
    std::filesystem::path chain_file; // leaf.crt
    std::filesystem::path key_file;   // leaf.key, mode 0600
    bool new_ca = false;              // whoever trusted the old one has to trust again
    bool new_leaf = false;
};

// Makes what is missing, does not fit together or ends within 30 days, and leaves the rest
// as it is. The leaf speaks for localhost, *.localhost, 127.0.0.1 and ::1 for 90 days; the
// CA (ten years) can sign for nothing else: a stolen ca.key opens no other site. ECDSA P-256.
// OpenSSL takes `*.localhost` for no wildcard, so app.localhost and auth.localhost are named.
//
// Fails with `internal` when the folder or a file in it cannot be written.
result<dev_certs> make_dev_certs(std::filesystem::path const& folder, wall_time now);

} // namespace yett::app
