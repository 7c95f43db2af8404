#pragma once

#include "gateway/transport/buffer_pool.hpp"
#include "gateway/transport/tls_client_context.hpp"

#include <memory>
#include <utility>

namespace yett::upstream {

// How one worker speaks TLS with the https servers of an application.
//
// When files of certificates have changed, it is given what was read of them, and all connections that
// are opened from then on go by that; those that are open go on as they began.
class server_tls
{
public:
    // What is to be sent lies in buffers of `records`, which outlives all connections, for as long as
    // the socket does not take it.
    server_tls(std::shared_ptr<transport::tls_client_context> how, transport::buffer_pool& records) noexcept
        : how_{std::move(how)},
          records_{records}
    {
    }

    void use(std::shared_ptr<transport::tls_client_context> how) noexcept { how_ = std::move(how); }
    std::shared_ptr<transport::tls_client_context> const& how() const noexcept { return how_; }
    transport::buffer_pool& records() const noexcept { return records_; }

private:
    std::shared_ptr<transport::tls_client_context> how_;
    transport::buffer_pool& records_;
};

} // namespace yett::upstream
