// How sessions end in Redis and are forgotten by it.
//
// A session that nobody ends is forgotten by its key's own end. But its entries in `all` and `due`, which have no
// end of their own, and sessions that were ended early are swept: `due` says when to look at each, never later than
// needed and sometimes too early, for a rotation, which happens far more often, leaves it as it is. What was moved on
// meanwhile gets another time to be looked at.

#include "gateway/storage/redis/sessions/session_commands.hpp"
#include "gateway/storage/redis/sessions/session_fields.hpp"
#include "gateway/storage/redis/sessions/session_table.hpp"

#include <algorithm>
#include <charconv>

namespace yett::storage::redis {

namespace {

wall_time time_of(std::string const& text)
{
    std::int64_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return wall_time{milliseconds{count}};
}

// What is left to do about one that forget_script was asked about; true when a session went.
bool clean_up(resp_value const& told, session_place const& at, std::vector<command>& rest)
{
    auto const member = member_of(at);
    auto const not_yet = told.items.size() == 2 && told.items[0].number == 0;
    if (not_yet) {
        rest.emplace_back("ZADD", due_key, "XX", told.items[1].text, member);
        return false;
    }
    rest.emplace_back("ZREM", all_key, member);
    rest.emplace_back("ZREM", due_key, member);
    rest.emplace_back("DEL", owner_key(at.session_id));
    if (told.items.size() == 2) rest.emplace_back("DEL", family_key(told.items[1].text));
    return told.items.size() == 2;
}

} // namespace

task<result<std::vector<session_table::end_told>>> session_table::end(std::vector<session_place> const& all, wall_time at)
{
    std::vector<end_told> done;
    for (std::size_t first = 0; first < all.size(); first += sessions_at_once) {
        auto const last = std::min(all.size(), first + sessions_at_once);
        auto const told = co_await end_part(std::span{all}.subspan(first, last - first), at);
        if (!told) co_return told.error();
        done.insert(done.end(), told->begin(), told->end());
    }
    co_return done;
}

task<result<std::vector<session_table::end_told>>> session_table::end_part(std::span<session_place const> all, wall_time at)
{
    std::vector<command> asked;
    for (auto const& each : all) asked.push_back(end_command(each, at));
    auto const told = co_await client_.ask_all(std::move(asked));
    if (!told) co_return told.error();
    std::vector<end_told> done;
    std::vector<command> look_again;
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto const& answer = (*told)[i].items;
        auto const found = answer.size() == 2;
        if (found) look_again.emplace_back("ZADD", due_key, "XX", "LT", answer[1].text, member_of(all[i]));
        done.push_back({found, found ? time_of(answer[1].text) : wall_time{}});
    }
    if (look_again.empty()) co_return done;
    auto const noted = co_await client_.ask_all(std::move(look_again));
    if (!noted) co_return noted.error();
    co_return done;
}

// What was looked at is due later, or gone: so each part is another one.
task<result<std::size_t>> session_table::sweep(wall_time now, std::size_t limit)
{
    std::size_t gone = 0;
    for (std::size_t looked_at = 0; looked_at < limit;) {
        command due{"ZRANGE",  due_key, "-inf", count_of(now),
                    "BYSCORE", "LIMIT", 0,      std::min(limit - looked_at, sessions_at_once)};
        auto const told = co_await client_.ask(std::move(due));
        if (!told) co_return told.error();
        if (told->items.empty()) break;
        std::vector<session_place> places;
        for (auto const& each : told->items) places.push_back(read_member(each.text));
        auto const went = co_await forget(places, now);
        if (!went) co_return went.error();
        gone += *went;
        looked_at += places.size();
    }
    co_return gone;
}

task<result<std::size_t>> session_table::forget(std::vector<session_place> const& places, wall_time now)
{
    std::size_t gone = 0;
    std::vector<command> forget;
    for (auto const& each : places) forget.push_back(forget_command(each, now));
    auto const answers = co_await client_.ask_all(std::move(forget));
    if (!answers) co_return answers.error();
    std::vector<command> rest;
    for (std::size_t i = 0; i < places.size(); ++i) gone += clean_up((*answers)[i], places[i], rest);
    auto const done = co_await client_.ask_all(std::move(rest));
    if (!done) co_return done.error();
    co_return gone;
}

task<result<void>> session_table::forget_devices(std::string user_id)
{
    command del{"DEL", marks_key(user_id)};
    auto const told = co_await client_.ask(std::move(del));
    if (!told) co_return told.error();
    co_return result<void>{};
}

task<result<wall_time>> session_table::told_until()
{
    command get{"GET", told_key};
    auto const told = co_await client_.ask(std::move(get));
    if (!told) co_return told.error();
    co_return time_of(told->text);
}

task<result<void>> session_table::tell_until(wall_time at)
{
    command set{"SET", told_key, count_of(at)};
    auto const told = co_await client_.ask(std::move(set));
    if (!told) co_return told.error();
    co_return result<void>{};
}

} // namespace yett::storage::redis
