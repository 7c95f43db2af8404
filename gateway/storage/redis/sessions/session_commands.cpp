#include "gateway/storage/redis/sessions/session_commands.hpp"

#include "gateway/storage/redis/sessions/scripts.hpp"
#include "gateway/storage/redis/sessions/session_fields.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace yett::storage::redis {

using accounts::device_status;
using accounts::rotation_outcome;
using accounts::session;

namespace {

// How long a session may be kept that is as it is.
std::int64_t life_of(session const& s)
{
    auto const until = std::max(s.idle_until, s.access_until);
    return (std::max(until - s.created_at, milliseconds{0}) + key_spare).count();
}

} // namespace

session_place place_of_session(session const& s)
{
    return {s.user_id, s.id};
}

command admit_command(accounts::arrival const& asked, milliseconds longest)
{
    auto const& s = asked.session;
    command admit{admit_script(), {session_key(s.user_id, s.id), open_key(s.user_id), marks_key(s.user_id)}};
    admit.add(s.id);
    admit.add(count_of(s.created_at));
    admit.add(life_of(s));
    admit.add((longest + key_spare).count());
    admit.add(std::min<std::size_t>(asked.most, std::numeric_limits<std::int32_t>::max()));
    admit.add(asked.marks.size());
    for (auto const& each : asked.marks) admit.add(each);
    add_fields(admit, s);
    return admit;
}

device_status status_of(std::int64_t known, std::int64_t fresh)
{
    if (known == 0) return device_status::first;
    return fresh > 0 ? device_status::strange : device_status::familiar;
}

rotation_outcome outcome_of(std::string_view word)
{
    constexpr std::array<std::pair<std::string_view, rotation_outcome>, 4> words{{{"rotated", rotation_outcome::rotated},
                                                                                  {"replayed", rotation_outcome::replayed},
                                                                                  {"reused", rotation_outcome::reused},
                                                                                  {"ended", rotation_outcome::ended}}};
    for (auto const& [name, outcome] : words)
        if (name == word) return outcome;
    return rotation_outcome::unknown;
}

command rotate_command(session_place const& at, accounts::rotation const& asked)
{
    auto const life = std::max(asked.idle_until, asked.access_until) - asked.now + key_spare;
    command rotate{rotate_script(), {key_of(at)}};
    for (auto const* each : {&asked.presented_hash, &asked.successor_hash, &asked.successor_salt}) rotate.add(*each);
    for (auto const each : {asked.now, asked.idle_until, asked.access_until}) rotate.add(count_of(each));
    rotate.add(asked.grace.count());
    rotate.add(asked.from.address);
    rotate.add(asked.from.agent);
    rotate.add(life.count());
    return rotate;
}

command end_command(session_place const& at, wall_time when)
{
    return command{end_script(), {key_of(at), open_key(at.user_id)}, at.session_id, count_of(when), key_spare.count()};
}

command forget_command(session_place const& at, wall_time now)
{
    return command{forget_script(), {key_of(at), open_key(at.user_id)}, at.session_id, count_of(now)};
}

} // namespace yett::storage::redis
