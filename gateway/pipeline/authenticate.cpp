#include "gateway/pipeline/credential.hpp"
#include "gateway/pipeline/passage.hpp"
#include "gateway/pipeline/pipeline.hpp"
#include "gateway/tokens/token_cache.hpp"

namespace yett::pipeline {
namespace {

result<identity_ptr> refused(errc why, passage& seen, telemetry::shard& figures)
{
    seen.credential_refused = why;
    figures.auth_failed[why].add();
    return why;
}

} // namespace

// Null when nobody was named. A credential that does not hold is refused, also where a
// rule could do without one: whoever sends it believes to be somebody.
result<identity_ptr> pipeline::authenticate(http::exchange const& ex, passage& seen)
{
    if (seen.route->credentials() == policies::credential_use::ignored) return identity_ptr{};
    auto const token = bearer_of(ex.request());
    seen.credential_sent = !token || !token->empty();
    if (!token) return refused(token.error().code(), seen, station_.figures);
    if (token->empty()) {
        station_.figures.auth_none.add();
        return identity_ptr{};
    }
    auto who = station_.cache.identify(*token, seen.now);
    if (!who) return refused(who.error().code(), seen, station_.figures);
    station_.figures.auth_ok.add();
    seen.who = *who;
    return who;
}

} // namespace yett::pipeline
