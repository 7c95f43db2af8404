#include "gateway/pipeline/request/refreshed_as.hpp"

#include "gateway/accounts/grant.hpp"

namespace yett::pipeline {

telemetry::refresh_outcome refreshed_as(accounts::grant const& given) noexcept
{
    return given.replayed ? telemetry::refresh_outcome::replayed : telemetry::refresh_outcome::rotated;
}

telemetry::refresh_outcome refreshed_as(error const& why) noexcept
{
    using telemetry::refresh_outcome;
    if (why == errc::refresh_reused) return refresh_outcome::reused;
    return why.from() == origin::client ? refresh_outcome::refused : refresh_outcome::failed;
}

} // namespace yett::pipeline
