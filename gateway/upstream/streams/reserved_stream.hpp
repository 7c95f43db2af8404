#pragma once

#include "gateway/upstream/cluster/reservation.hpp"
#include "gateway/upstream/streams/http1_stream.hpp"
#include "gateway/upstream/streams/request_stream.hpp"

#include <memory>
#include <variant>

namespace yett::upstream {

// The stream on a connection that was taken for a request, of whichever protocol is spoken there. One of
// HTTP/1.1 lies in here, so that it costs no allocation.
class reserved_stream
{
public:
    reserved_stream(reservation const& taken, base::deadlines& deadlines, request_stream::terms const& t);
    reserved_stream(reserved_stream const&) = delete;
    reserved_stream& operator=(reserved_stream const&) = delete;

    request_stream& operator*() noexcept { return *operator->(); }
    request_stream* operator->() noexcept
    {
        auto* const alone = std::get_if<http1_stream>(&it_);
        return alone ? alone : std::get<shared>(it_).get();
    }
    request_stream const* operator->() const noexcept
    {
        auto const* const alone = std::get_if<http1_stream>(&it_);
        return alone ? alone : std::get<shared>(it_).get();
    }

private:
    using shared = std::unique_ptr<request_stream>;

    std::variant<shared, http1_stream> it_;
};

} // namespace yett::upstream
