#include "gateway/storage/redis/sessions/session_table.hpp"

#include "gateway/storage/redis/sessions/session_commands.hpp"
#include "gateway/storage/redis/sessions/session_fields.hpp"

#include <algorithm>
#include <iterator>

namespace yett::storage::redis {

namespace {

using accounts::rotation_outcome;
using accounts::session;

// Where somebody else is in the way, what is ours goes again.
std::vector<command> withdraw(std::vector<resp_value> const& claimed, session const& s)
{
    std::vector<command> back;
    if (!claimed[0].is_nil()) back.emplace_back("DEL", owner_key(s.id));
    if (!claimed[1].is_nil()) back.emplace_back("DEL", family_key(s.family));
    return back;
}

} // namespace

session session_table::within_longest(session s) const
{
    s.expires_at = std::min(s.expires_at, s.created_at + longest_);
    s.idle_until = std::min(s.idle_until, s.expires_at);
    return s;
}

// The ways to a session are claimed first: whoever has both has the session alone.
task<result<session_table::added>> session_table::add(accounts::arrival const& asked)
{
    auto const& s = asked.session;
    auto const life = (std::max(s.expires_at, s.access_until) - s.created_at + key_spare).count();
    std::vector<command> claim;
    claim.emplace_back("SET", owner_key(s.id), s.user_id, "PX", life, "NX");
    claim.emplace_back("SET", family_key(s.family), target_of_family(place_of_session(s)), "PX", life, "NX");
    auto const claimed = co_await client_.ask_all(std::move(claim));
    if (!claimed) co_return claimed.error();
    auto const has_both = !(*claimed)[0].is_nil() && !(*claimed)[1].is_nil();
    if (!has_both) {
        auto back = withdraw(*claimed, s);
        if (back.empty()) co_return errc::conflict;
        auto const gone = co_await client_.ask_all(std::move(back));
        if (!gone) co_return gone.error();
        co_return errc::conflict;
    }

    std::vector<command> entry;
    entry.push_back(admit_command(asked, longest_));
    auto const member = member_of(place_of_session(s));
    entry.emplace_back("ZADD", all_key, 0, member);
    entry.emplace_back("ZADD", due_key, count_of(std::max(s.idle_until, s.access_until)), member);
    auto const told = co_await client_.ask_all(std::move(entry));
    if (!told) co_return told.error();
    auto const& answer = told->front().items;
    if (answer.size() != 5) co_return errc::conflict;
    added done;
    done.known = status_of(answer[1].number, answer[2].number);
    done.open = static_cast<std::size_t>(answer[3].number);
    for (auto const& each : answer[4].items)
        if (each.text != s.id) done.others.push_back({s.user_id, each.text});
    co_return done;
}

task<result<void>> session_table::remove(session const& s)
{
    auto const member = member_of(place_of_session(s));
    std::vector<command> all;
    all.emplace_back("DEL", session_key(s.user_id, s.id));
    all.emplace_back("ZREM", open_key(s.user_id), s.id);
    all.emplace_back("ZREM", all_key, member);
    all.emplace_back("ZREM", due_key, member);
    all.emplace_back("DEL", family_key(s.family));
    all.emplace_back("DEL", owner_key(s.id));
    auto const done = co_await client_.ask_all(std::move(all));
    if (!done) co_return done.error();
    co_return result<void>{};
}

task<result<session_place>> session_table::place_of(std::string_view session_id)
{
    command get{"GET", owner_key(session_id)};
    auto const told = co_await client_.ask(std::move(get));
    if (!told) co_return told.error();
    if (told->is_nil()) co_return errc::not_found;
    co_return session_place{told->text, std::string{session_id}};
}

task<result<session_place>> session_table::place_of_family(std::string_view family)
{
    command get{"GET", family_key(family)};
    auto const told = co_await client_.ask(std::move(get));
    if (!told) co_return told.error();
    if (told->is_nil()) co_return errc::not_found;
    co_return read_family_target(told->text);
}

task<result<session>> session_table::read(session_place const& at)
{
    std::vector<session_place> one{at};
    auto found = co_await read_all(one);
    if (!found) co_return found.error();
    if (found->empty()) co_return errc::not_found;
    co_return std::move(found->front());
}

task<result<std::vector<session>>> session_table::read_all(std::vector<session_place> const& all)
{
    std::vector<session> found;
    if (all.empty()) co_return found;
    std::vector<command> asked;
    for (auto const& each : all) asked.emplace_back("HGETALL", key_of(each));
    auto const told = co_await client_.ask_all(std::move(asked));
    if (!told) co_return told.error();
    for (auto const& each : *told)
        if (auto one = read_session(each)) found.push_back(within_longest(std::move(*one)));
    co_return found;
}

task<result<session_table::turned>> session_table::rotate(session_place const& at, accounts::rotation const& asked)
{
    auto rotate = rotate_command(at, asked);
    auto const told = co_await client_.ask(std::move(rotate));
    if (!told) co_return told.error();
    turned done;
    if (told->items.size() < 2) co_return done;
    auto now = read_session(told->items[1]);
    if (!now) co_return done;
    done.outcome = outcome_of(told->items[0].text);
    done.session = within_longest(std::move(*now));
    if (asked.now >= done.session.expires_at) done.outcome = rotation_outcome::ended;
    co_return done;
}

task<result<session_table::slice>> session_table::read_slice(std::vector<session_place> const& places, std::size_t most)
{
    auto found = co_await read_all(places);
    if (!found) co_return found.error();
    slice part;
    part.more = places.size() == most;
    if (!places.empty()) part.after = places.back().session_id;
    part.sessions = std::move(*found);
    co_return part;
}

task<result<session_table::slice>> session_table::open_of(std::string const& user_id, std::string const& after, std::size_t limit)
{
    auto const from = after.empty() ? std::string{"+"} : "(" + after;
    auto const most = std::min(limit, sessions_at_once);
    command page{"ZREVRANGEBYLEX", open_key(user_id), from, "-", "LIMIT", 0, most};
    auto const told = co_await client_.ask(std::move(page));
    if (!told) co_return told.error();
    std::vector<session_place> places;
    for (auto const& each : told->items) places.push_back({user_id, each.text});
    co_return co_await read_slice(places, most);
}

task<result<std::vector<session>>> session_table::all_open_of(std::string const& user_id)
{
    std::vector<session> all;
    slice part;
    part.more = true;
    while (part.more) {
        auto next = co_await open_of(user_id, part.after, sessions_at_once);
        if (!next) co_return next.error();
        part = std::move(*next);
        std::ranges::move(part.sessions, std::back_inserter(all));
    }
    co_return all;
}

// '!' follows the blank behind an id: the range begins behind all members of that session, and before those
// whose ids go on.
task<result<session_table::slice>> session_table::after(std::string const& session_id, std::size_t limit)
{
    auto const from = session_id.empty() ? std::string{"-"} : "(" + session_id + "!";
    auto const most = std::min(limit, sessions_at_once);
    command page{"ZRANGEBYLEX", all_key, from, "+", "LIMIT", 0, most};
    auto const told = co_await client_.ask(std::move(page));
    if (!told) co_return told.error();
    std::vector<session_place> places;
    for (auto const& each : told->items) places.push_back(read_member(each.text));
    co_return co_await read_slice(places, most);
}

} // namespace yett::storage::redis
