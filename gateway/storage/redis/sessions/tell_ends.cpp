// What a crash left between the commit of an end and the word to Redis is finished here.
//
// Redis itself keeps until when it knows of all ends. So whatever it loses, it loses that as well: a server that comes
// up with the state of an hour ago says so, and hears of everything since. A program that dies in the midst of this
// leaves the old mark, and the next one begins there again; being told twice does no harm.
//
// One that knows nothing is told only what can concern a session that it holds: what ended before the oldest of them
// began does not, and a month of logouts would keep a start waiting that follows the loss of everything.
//
// Nothing depends on it but what is shown and counted: whoever uses a session asks the store of users, too. That is why
// it may wait for Redis, and why an end of everybody (after a restore) is left to those who ask.

#include "gateway/storage/redis/sessions/tell_ends.hpp"

#include <algorithm>

namespace yett::storage::redis {

namespace {

using accounts::revocation;
using accounts::session;

constexpr milliseconds interval{std::chrono::hours{1}};
// A row bears the moment at which somebody began to end sessions; it is committed later, by this much at most.
constexpr milliseconds longest_commit{std::chrono::minutes{10}};
constexpr std::size_t rows_at_once = 500;

} // namespace

task<result<void>> end_teller::tell(wall_time now)
{
    auto const before = co_await to_.told_until();
    if (!before) co_return before.error();
    if (started_ && now - *before < interval) co_return result<void>{};
    auto const oldest = co_await begin_of_oldest(now);
    if (!oldest) co_return oldest.error();
    auto const told = co_await tell_since(std::max(*before, *oldest) - longest_commit);
    if (!told) co_return told.error();
    auto const noted = co_await to_.tell_until(now);
    if (!noted) co_return noted.error();
    started_ = true;
    co_return result<void>{};
}

// Ids begin with the time. Of one that is only listed any more nothing is known.
task<result<wall_time>> end_teller::begin_of_oldest(wall_time now)
{
    std::string const beginning;
    auto const first = co_await to_.after(beginning, 1);
    if (!first) co_return first.error();
    if (!first->sessions.empty()) co_return first->sessions.front().created_at;
    co_return first->more ? wall_time{} : now;
}

task<result<void>> end_teller::tell_since(wall_time since)
{
    accounts::session_ends_page page;
    page.since = since;
    page.limit = rows_at_once;
    for (;;) {
        auto const rows = co_await ends_.list(page);
        if (!rows) co_return rows.error();
        for (auto const& each : *rows) {
            auto const told = co_await tell_one(each);
            if (!told) co_return told.error();
        }
        if (rows->size() < page.limit) co_return result<void>{};
        page.after = rows->back().id;
    }
}

task<result<void>> end_teller::tell_one(revocation const& row)
{
    auto const whom = accounts::target_of(row.id);
    std::vector<session_place> places;
    if (!whom.user_id.empty()) {
        auto const open = co_await to_.all_open_of(whom.user_id);
        if (!open) co_return open.error();
        for (auto const& each : *open)
            if (each.id != whom.session_id && each.created_at < row.at) places.push_back({each.user_id, each.id});
    } else if (!whom.session_id.empty()) {
        auto place = co_await to_.place_of(whom.session_id);
        if (!place && !(place.error() == errc::not_found)) co_return place.error();
        if (place) places.push_back(std::move(*place));
    }
    auto const done = co_await to_.end(places, row.at);
    if (!done) co_return done.error();
    co_return result<void>{};
}

} // namespace yett::storage::redis
