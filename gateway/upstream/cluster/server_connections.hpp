#pragma once

#include "gateway/upstream/addresses/server_address.hpp"
#include "gateway/upstream/cluster/http2_connections.hpp"
#include "gateway/upstream/cluster/pool.hpp"
#include "gateway/upstream/cluster/reservation.hpp"

#include <cstddef>
#include <memory>

namespace yett::upstream {

// The connections of one worker to one server, whatever is spoken over them: a request takes one for itself, or a place
// on one that is shared. The three ways to take are those of `reservation.hpp`.
class server_connections
{
public:
    server_connections(server_address const& where, pool_options const& options, dependencies const& around)
        : pool_{where, options, around}
    {
        if (where.http2 != http2_use::never) http2_ = std::make_unique<http2_connections>(pool_, where, options, around);
    }

    reservation take_kept(wanted_connection const& by) noexcept
    {
        return http2_ ? http2_->take_kept(by) : upstream::take_kept(pool_, by);
    }
    task<result<reservation>> take_any(wanted_connection const& by)
    {
        return http2_ ? http2_->take_any(by) : upstream::take_any(pool_, by);
    }
    task<result<reservation>> take_new(wanted_connection const& by)
    {
        return http2_ ? http2_->take_new(by) : upstream::take_new(pool_, by);
    }

    // Keeps none any more; running exchanges go on.
    void drain() noexcept
    {
        if (http2_) http2_->drain();
        pool_.drain();
    }
    std::size_t open() const noexcept { return pool_.open(); }

private:
    pool pool_;
    std::unique_ptr<http2_connections> http2_; // null: HTTP/1.1 alone
};

} // namespace yett::upstream
