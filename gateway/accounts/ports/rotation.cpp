#include "gateway/accounts/ports/rotation.hpp"

#include "gateway/base/secret.hpp"

#include <algorithm>

// The decision of every store, so that all agree: each loads the session, lets this change it and
// writes it back, in one transaction or under one lock. Hashes alone are compared; the secret
// itself never gets here.
//
// Times only grow, for two nodes may write in an order that their clocks do not have. `idle_until`
// never passes the absolute end.

namespace yett::accounts {

namespace {

void touch(rotation const& asked, session& s)
{
    s.last_seen = std::max(s.last_seen, asked.now);
    s.access_until = std::max(s.access_until, asked.access_until);
    s.from = asked.from;
}

void advance(rotation const& asked, session& s)
{
    s.previous_hash = std::move(s.current_hash);
    s.current_hash = asked.successor_hash;
    s.successor_salt = asked.successor_salt;
    s.rotated_at = asked.now;
    s.idle_until = std::min(s.expires_at, std::max(s.idle_until, asked.idle_until));
}

} // namespace

// The token before the current one, within `grace`, is a reply that got lost. Any other that names
// this session was used before that.
rotation_outcome apply(rotation const& asked, session& onto)
{
    if (!is_live(onto, asked.now)) return rotation_outcome::ended;
    if (equal_in_constant_time(asked.presented_hash, onto.current_hash)) {
        advance(asked, onto);
        touch(asked, onto);
        return rotation_outcome::rotated;
    }
    auto const is_previous = equal_in_constant_time(asked.presented_hash, onto.previous_hash);
    if (is_previous && asked.now - onto.rotated_at <= asked.grace) {
        touch(asked, onto);
        return rotation_outcome::replayed;
    }
    end(onto, asked.now);
    return rotation_outcome::reused;
}

revocation end(session& s, wall_time now)
{
    if (!s.ended_at) s.ended_at = now;
    revocation known;
    known.id = s.id;
    known.at = *s.ended_at;
    known.until = s.access_until;
    return known;
}

} // namespace yett::accounts
