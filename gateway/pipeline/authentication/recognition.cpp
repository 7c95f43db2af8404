#include "gateway/pipeline/authentication/recognition.hpp"

#include "gateway/pipeline/request/paid_checks.hpp"
#include "gateway/pipeline/request/request_context.hpp"

namespace yett::pipeline {
namespace {

// A cookie that has come to its end is what every browser has some day, not a lie.
bool has_ended(errc why)
{
    switch (why) {
    case errc::token_expired:
    case errc::token_revoked:
    case errc::token_invalid:
    case errc::refresh_reused: return true;
    default: return false;
    }
}

// RFC 8705 section 3. Asked of each request and not of the token once: it is remembered for whoever shows
// it, on any connection.
bool is_bound_elsewhere(identity const& who, client_certificate const* shown)
{
    return !who.certificate.empty() && (!shown || shown->thumbprint != who.certificate);
}

} // namespace

result<identity_ptr> identity_of(authentication::settled&& answer)
{
    struct by
    {
        result<identity_ptr> operator()(authentication::nobody) const { return identity_ptr{}; }
        result<identity_ptr> operator()(authentication::known&& k) const { return std::move(k.who); }
        result<identity_ptr> operator()(authentication::refused&& r) const { return std::move(r.why); }
    };
    return std::visit(by{}, std::move(answer));
}

authentication::settled recognise(result<identity_ptr> who, request_context& context, telemetry::shard& figures)
{
    auto const& set_aside = context.found.set_aside;
    auto const optional = context.found.route->credentials() == policies::credential_use::optional;
    if (!who && optional && context.found.by_cookie && has_ended(who.error().code())) who = identity_ptr{};
    if (who && *who && is_bound_elsewhere(**who, context.asked.from.certificate)) [[unlikely]]
        who = client_error(errc::token_wrong_certificate, "the token is bound to another certificate than the connection's");
    // Without anybody else to speak for the caller, a Bearer is judged.
    if (set_aside && (!who || !*who)) who = *set_aside;
    if (!who) return refuse(who.error(), context, figures);
    if (!*who) {
        figures.auth_none.add();
        return authentication::nobody{};
    }
    figures.auth_ok.add();
    note_proved(context);
    context.found.who = *who;
    return authentication::known{std::move(*who)};
}

authentication::refused refuse(error const& why, request_context& context, telemetry::shard& figures)
{
    context.reported.credential_refused = why.code();
    figures.auth_failed[why.code()].add();
    // What the refresh endpoint says of its token is no answer to another request.
    auto const of_refresh = why == errc::token_invalid || why == errc::refresh_reused;
    return {of_refresh ? client_error(errc::unauthenticated, why.note()) : why};
}

} // namespace yett::pipeline
