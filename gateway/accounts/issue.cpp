#include "gateway/accounts/issue.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/ports/user_store.hpp"
#include "gateway/base/random.hpp"
#include "gateway/tokens/opaque/refresh_token.hpp"
#include "gateway/tokens/signer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace yett::accounts {

namespace {

constexpr std::size_t longest_agent = 256;
constexpr seconds shortest_absolute{30 * 24 * 3600};
// The `exp` claim has whole seconds.
constexpr seconds rounding{1};

seconds absolute_ttl(rules const& r, bool remembered)
{
    return remembered ? longest_session(r) : std::min(longest_session(r), r.short_session_ttl);
}

// As they stand in JSON: quoted, with a comma, and what has to be escaped doubled.
std::size_t bytes_of(std::string_view email, std::vector<std::string> const& roles)
{
    auto const quoted = [](std::string_view text) {
        return text.size() + 3 +
               static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return c == '"' || c == '\\'; }));
    };
    auto bytes = quoted(email);
    for (auto const& each : roles) bytes += quoted(each);
    return bytes;
}

// Tokens that were issued in the same moment, after an outage say, are not all renewed in
// the same moment.
seconds access_life(rules const& r)
{
    auto const most = static_cast<std::uint64_t>(r.access_ttl.count()) * r.access_jitter / 1000;
    return r.access_ttl - seconds{most ? random_u64() % (most + 1) : 0};
}

} // namespace

profile profile_of(user const& u)
{
    return {u.id, u.email, u.roles, u.verified, u.created_at};
}

seconds longest_session(rules const& r)
{
    return r.session_ttl.count() ? r.session_ttl : std::max(shortest_absolute, r.refresh_ttl);
}

wall_time access_until(rules const& r, wall_time now)
{
    return now + r.access_ttl + r.clock_skew + rounding;
}

session begin_session(account_services const& services, user const& u, tokens::refresh_token const& first, bool remembered,
                      wall_time now)
{
    session begun;
    begun.id = make_uuid(now);
    begun.user_id = u.id;
    begun.family = first.family;
    begun.current_hash = first.hash;
    begun.rotated_at = now;
    begun.created_at = now;
    begun.last_seen = now;
    begun.remembered = remembered;
    begun.expires_at = now + absolute_ttl(services.rules, remembered);
    begun.idle_until = std::min(begun.expires_at, now + services.rules.refresh_ttl);
    begun.access_until = access_until(services.rules, now);
    return begun;
}

result<grant> issue(account_services const& services, user const& u, session const& s, wall_time now)
{
    // Before anything is kept: what cannot be handed out must leave nothing behind.
    if (auto const fits = check_room(services.rules, u.email, u.roles); !fits)
        return our_error(errc::internal, "user " + u.id + ": " + fits.error().note());
    tokens::access_grant claims;
    claims.subject = u.id;
    claims.session = s.id;
    claims.email = u.email;
    claims.roles = u.roles;
    claims.authenticated_at = s.created_at;
    claims.ttl = access_life(services.rules);
    auto token = services.signer.sign(claims, now);
    if (!token) return token.error();

    grant given;
    given.user = profile_of(u);
    given.session = s.id;
    given.access_token = std::move(token->text);
    given.expires_in = claims.ttl;
    given.refresh_until = s.idle_until;
    given.remembered = s.remembered;
    return given;
}

result<void> check_room(rules const& r, std::string_view email, std::vector<std::string> const& roles)
{
    if (r.claims_room == 0) return {};
    auto const needed = bytes_of(email, roles);
    if (needed <= r.claims_room) return {};
    return client_error(errc::bad_request, fmt::format("the roles and the address take {} bytes of an access token, and a cookie "
                                                       "has room for {}: fewer or shorter roles, or "
                                                       "tokens.access_transport: header",
                                                       needed, r.claims_room));
}

device shortened(device const& from)
{
    device kept{from.address, from.agent.substr(0, longest_agent)};
    std::erase_if(kept.agent, [](char c) { return c < ' ' || c > '~'; });
    return kept;
}

} // namespace yett::accounts
