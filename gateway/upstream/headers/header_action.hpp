#pragma once

#include "gateway/http/head.hpp"
#include "gateway/telemetry/metrics.hpp"

#include <cstdint>
#include <string_view>

namespace yett::upstream {

// What becomes of a field that a client sent, by its name alone.
enum class header_action : std::uint8_t
{
    pass,
    remove,
    trusted,   // passes where a trusted proxy sent it
    continued, // ours to write, as far as what came of it is believed
    special,   // written by a rule of its own: cookies, credentials, subprotocols
};

struct field_verdict
{
    header_action action = header_action::pass;
    // Why it does not pass; `count_` where nobody wants to know, as of hop-by-hop fields.
    telemetry::dropped_field cause = telemetry::dropped_field::count_;
};

field_verdict verdict_on(http::known id) noexcept;
// The same for a name without an id. Names are compared without regard to case and to what
// stands for '-'. Most names cost a look at one character or two.
field_verdict verdict_on(std::string_view name) noexcept;

// True for the fields of a reply that a server in front of the application would act upon.
bool steers_server(std::string_view name) noexcept;

} // namespace yett::upstream
