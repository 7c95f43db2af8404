#include "gateway/upstream/streams/request_stream.hpp"

namespace yett::upstream {

error client_went_away()
{
    return client_error(errc::peer_broke_off, "the client went away");
}

} // namespace yett::upstream
