#include "gateway/upstream/streams/reserved_stream.hpp"

#include "gateway/upstream/streams/http2_stream.hpp"

namespace yett::upstream {

reserved_stream::reserved_stream(reservation const& taken, base::deadlines& deadlines, request_stream::terms const& t)
{
    if (taken.is_place()) it_ = std::make_unique<http2_stream>(taken.shared(), deadlines, t);
    else it_.emplace<http1_stream>(taken.get(), deadlines, t);
}

} // namespace yett::upstream
