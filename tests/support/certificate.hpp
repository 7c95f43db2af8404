#pragma once

#include "gateway/transport/tls_context.hpp"

#include <string>

namespace yett::tests {

// A self-signed certificate for one name or address, in a temporary folder that goes with it.
class certificate
{
public:
    // It ends in so many seconds; negative: it has ended.
    explicit certificate(std::string const& name, long ends_in = 3600);
    ~certificate();
    certificate(certificate const&) = delete;
    certificate& operator=(certificate const&) = delete;

    transport::certificate_files files() const { return {folder_ + "/leaf.crt", folder_ + "/leaf.key"}; }

private:
    std::string folder_;
};

} // namespace yett::tests
