#include "gateway/upstream/streams/request_stream.hpp"

namespace yett::upstream {

request_stream::request_stream(reservation const& taken, base::deadlines& deadlines, request_terms const& t)
{
    if (taken.is_place()) shared_ = std::make_unique<http2_stream>(taken.shared(), deadlines, t);
    else alone_.emplace(taken.get(), deadlines, t);
}

} // namespace yett::upstream
