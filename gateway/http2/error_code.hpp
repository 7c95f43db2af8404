#pragma once

#include <cstdint>
#include <string_view>

namespace yett::http2 {

// Why a stream or a connection ends (RFC 9113 section 7), as it stands in RST_STREAM and GOAWAY.
//
// A number that is none of these is possible and means no more than internal_error.
enum class error_code : std::uint32_t
{
    no_error = 0x0,
    protocol_error = 0x1,
    internal_error = 0x2,
    flow_control_error = 0x3,
    settings_timeout = 0x4,
    stream_closed = 0x5,
    frame_size_error = 0x6,
    refused_stream = 0x7, // nothing was done: the request may be sent again
    cancel = 0x8,
    compression_error = 0x9,
    connect_error = 0xa,
    enhance_your_calm = 0xb,
    inadequate_security = 0xc,
    http_1_1_required = 0xd,
};
// "REFUSED_STREAM"; empty for a number without a name.
std::string_view name_of(error_code code) noexcept;

} // namespace yett::http2
