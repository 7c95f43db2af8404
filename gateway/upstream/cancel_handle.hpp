#pragma once

#include "gateway/base/error.hpp"

namespace yett::upstream {

class forwarding;

// Ends a running `forward` from outside, on its worker: because the session that let the
// request in is over, or the worker wants to end. Does nothing before it runs and after.
class cancel_handle
{
public:
    // token_revoked and token_expired end whatever runs: a reply that has begun is broken
    // off, a tunnel is closed with a word to the client, and what has not begun fails with
    // that code. `stopping` ends tunnels alone; everything else comes to an end by itself.
    // False when there was nothing to end.
    bool end(errc why) noexcept;

private:
    friend class forwarding;
    forwarding* running_ = nullptr;
};

} // namespace yett::upstream
