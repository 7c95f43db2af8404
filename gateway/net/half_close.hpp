#pragma once

#include "gateway/base/clock.hpp"

#include <cstdint>

namespace yett::net {

// What becomes of a request whose client has sent its FIN. Most have left, some only closed
// their half and wait for the reply; what is sent afterwards tells: whoever has left answers
// it with a reset. So the request goes on for a while, and from then on only if something
// was sent meanwhile.
class half_close
{
public:
    struct progress
    {
        steady_time now;
        std::uint64_t sent;     // to the client
        std::uint64_t received; // of the request's body
        bool unsent;            // bytes wait for the client to take them
    };
    // At the FIN. A patience of 0 knows no half-closed clients.
    half_close(milliseconds patience, progress const& at) noexcept : patience_{patience}, last_{at} {}

    enum state : unsigned char
    {
        silent,  // nothing is known yet
        listens, // something was sent and no reset came
        left,
    };
    struct verdict
    {
        state client;
        milliseconds look_again{0}; // of a silent one, at the latest
    };
    // What it may wait for starts anew while the body that came with the FIN is taken in,
    // and while the client has not taken what was sent before.
    verdict judge(progress const& seen) noexcept;

private:
    milliseconds patience_;
    progress last_;
};

} // namespace yett::net
