#include "policies/decide.hpp"

namespace yett::policies {

// The only maker of permits.
class decider
{
public:
    static permit allow(route const& rule, identity_ptr const& who, question const& asked, wall_time now)
    {
        auto const* const shown = asked.certificate;
        return permit{rule, who, shown && (who || rule.access().recognises(*shown, now)) ? shown : nullptr};
    }
    // Of whom nothing is known and nothing asked.
    static permit allow_nobody(route const& rule) { return permit{rule, {}, nullptr}; }
};

namespace {

error refusal(errc code, route const& rule, std::string_view what)
{
    std::string note{"rule "};
    note.append(rule.name()).append(" wants ").append(what);
    return client_error(code, std::move(note));
}

std::optional<error> objection(route const& rule, identity_ptr const& who, question const& asked, wall_time now)
{
    auto const& access = rule.access();
    switch (access.judge(who.get(), asked, now)) {
    case access::verdict::granted: return std::nullopt;
    case access::verdict::unauthenticated: return refusal(errc::unauthenticated, rule, access.wanted());
    case access::verdict::login_too_old: return refusal(errc::recent_login_required, rule, access.wanted());
    case access::verdict::forbidden: break;
    }
    return refusal(errc::forbidden, rule, access.wanted());
}

// Not a matter of who asks: the application could read the path as another one.
std::optional<error> objection_to_path(route const& rule, question const& asked)
{
    if (!asked.has_encoded_slash || rule.encoded_slash_allowed()) return std::nullopt;
    return refusal(errc::uri_rejected, rule, "no encoded slash");
}

// What no login would change holds for whoever has not signed in yet; but browsers show no certificate
// with a preflight either.
std::optional<error> objection_to_client(route const& rule, question const& asked)
{
    if (rule.mode() == enforcement::report_only || rule.access().asks_for_certificate()) return std::nullopt;
    if (rule.access().judge(nullptr, asked, {}) != access::verdict::forbidden) return std::nullopt;
    return refusal(errc::forbidden, rule, rule.access().wanted());
}

} // namespace

decision decide(route const& rule, identity_ptr const& who, question const& asked, wall_time now)
{
    if (auto unfit = objection_to_path(rule, asked)) return {std::move(*unfit), std::nullopt};

    auto against = objection(rule, who, asked, now);
    if (!against) return {decider::allow(rule, who, asked, now), std::nullopt};
    if (rule.mode() == enforcement::report_only) return {decider::allow(rule, who, asked, now), std::move(against)};
    return {std::move(*against), std::nullopt};
}

result<permit> permit_preflight(route const& rule, question const& asked)
{
    auto const& cors = rule.spec().cors;
    if (!cors || cors->preflights != cors_spec::preflight::forward || rule.to() != destination::upstream)
        return refusal(errc::forbidden, rule, "no preflight to be forwarded");
    if (auto unfit = objection_to_path(rule, asked)) return std::move(*unfit);
    if (auto outside = objection_to_client(rule, asked)) return std::move(*outside);
    return decider::allow_nobody(rule);
}

} // namespace yett::policies
