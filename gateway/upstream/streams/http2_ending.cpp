#include "gateway/upstream/streams/http2_ending.hpp"

#include <fmt/format.h>

// The codes of a reset say little that can be relied on (RFC 9113 section 7). Two mean something to whoever asked:
// nothing was done (REFUSED_STREAM), and the server has too much to do (ENHANCE_YOUR_CALM). The rest is a reply that
// broke off, with its name in the note.

namespace yett::upstream {
namespace {

using http2::error_code;

std::string in_words(error_code code)
{
    auto const name = http2::name_of(code);
    return name.empty() ? fmt::format("code {}", static_cast<std::uint32_t>(code)) : std::string{name};
}

error reset_error(error_code code, std::string_view server, std::string_view stage)
{
    auto const busy = code == error_code::enhance_your_calm;
    return upstream_error(busy ? errc::upstream_unavailable : errc::upstream_broken,
                          fmt::format("{} reset the stream {}: {}", server, stage, in_words(code)));
}

} // namespace

http2_ending ending_for(error_code why) noexcept
{
    return {why == error_code::refused_stream ? http2_ending::kind::refused : http2_ending::kind::reset, why};
}

error error_for(http2_ending const& how, std::string_view server, std::string_view stage, std::string_view trouble)
{
    using kind = http2_ending::kind;
    switch (how.is) {
    case kind::refused: return upstream_error(errc::upstream_unavailable, fmt::format("{} refused the stream", server));
    case kind::timed_out: return upstream_error(errc::upstream_timeout, fmt::format("{} was silent {}", server, stage));
    case kind::call_is_due:
        return upstream_error(errc::upstream_timeout,
                              fmt::format("{} took longer {} than its grpc-timeout allows", server, stage));
    case kind::silent: return upstream_error(errc::upstream_timeout, fmt::format("{} gave no sign of life {}", server, stage));
    case kind::reset: return reset_error(how.code, server, stage);
    default: break;
    }
    auto note = fmt::format("{} broke off {}", server, stage);
    if (!trouble.empty()) note.append(": ").append(trouble);
    return upstream_error(errc::upstream_broken, std::move(note));
}

} // namespace yett::upstream
