#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/http/head.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace yett::upstream {

// How long a gRPC call may last, as its client says in `grpc-timeout`: at most eight digits and a unit (H, M, S, m, u,
// n). Nothing for any other text, which servers take for a broken request. Rounded up to milliseconds, so that a
// deadline is never early.
constexpr std::optional<milliseconds> parse_grpc_timeout(std::string_view text) noexcept
{
    if (text.size() < 2 || text.size() > 9) return std::nullopt;
    std::int64_t amount = 0;
    for (auto const c : text.substr(0, text.size() - 1)) {
        if (c < '0' || c > '9') return std::nullopt;
        amount = amount * 10 + (c - '0');
    }
    switch (text.back()) {
    case 'H': return milliseconds{amount * 3'600'000};
    case 'M': return milliseconds{amount * 60'000};
    case 'S': return milliseconds{amount * 1'000};
    case 'm': return milliseconds{amount};
    case 'u': return milliseconds{(amount + 999) / 1'000};
    case 'n': return milliseconds{(amount + 999'999) / 1'000'000};
    default: return std::nullopt;
    }
}

// Of a request that is a gRPC call and says so; nothing of any other. A year at most: clocks do not count further than some
// hundred of them, and the text may say ten thousand.
inline std::optional<milliseconds> grpc_timeout_of(http::head const& asked) noexcept
{
    if (!asked.value(http::known::content_type).starts_with("application/grpc")) return std::nullopt;
    auto const* const said = asked.find("grpc-timeout");
    auto const within = said ? parse_grpc_timeout(said->value) : std::nullopt;
    if (!within) return std::nullopt;
    return std::min(*within, milliseconds{std::chrono::hours{24 * 365}});
}

} // namespace yett::upstream
