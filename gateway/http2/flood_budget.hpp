#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/http2/rate_window.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace yett::http2 {

// What a peer can have us do for nearly nothing.
enum class nuisance : std::uint8_t
{
    early_reset,  // it gave up a request of its own before its reply had begun (CVE-2023-44487)
    forced_reset, // it made us reset a stream: malformed fields, data behind the end, a zero increment (CVE-2025-8671)
    ping,         // without DATA in between
    idle,         // frames that ask for nothing: SETTINGS, PRIORITY, empty DATA, updates of windows, unknown ones
    count_,
};

// What a connection may cost in frames that are of no use to anybody. Honest peers send each of
// them now and then; a hundred within ten seconds, or a thousand idle ones, end the connection.
//
// Cancelling a call whose reply has begun, as gRPC clients do all the time, counts as nothing.
class flood_budget
{
public:
    static constexpr unsigned most = 100;
    static constexpr unsigned most_idle = 1000;
    static constexpr unsigned most_continuations = 8; // of one field section (CVE-2024-27316)

    // False when that was one too many; `now` never goes back.
    bool note(nuisance what, steady_time now) noexcept;
    // A request or a piece of a body moved: what pings and idle frames there were belonged to that.
    void was_useful() noexcept;

    // A field section begins, and goes on in another frame; false when that was one too many.
    void section_began() noexcept { continuations_ = 0; }
    bool section_continued() noexcept { return ++continuations_ <= most_continuations; }

private:
    std::array<rate_window, static_cast<std::size_t>(nuisance::count_)> counts_;
    unsigned continuations_ = 0;
};

} // namespace yett::http2
