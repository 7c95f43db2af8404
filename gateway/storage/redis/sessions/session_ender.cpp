#include "gateway/storage/redis/sessions/session_ender.hpp"

namespace yett::storage::redis {

using accounts::ended;
using accounts::revocation;
using accounts::session;

namespace {

std::vector<session_place> places_of(ended const& what, std::string const& user_id)
{
    std::vector<session_place> all;
    for (auto const& each : what.revocations)
        if (each.what == revocation::kind::session) all.push_back({user_id, each.id});
    return all;
}

} // namespace

task<result<ended>> session_ender::end(std::vector<session> all, wall_time now)
{
    if (all.empty()) co_return ended{};
    auto user_id = all.front().user_id;
    auto what = ends_of(std::move(all), now);
    co_return co_await commit_and_tell(std::move(what), std::move(user_id), now);
}

task<result<ended>> session_ender::end_unseen(accounts::ending const& asked)
{
    auto what = end_of_unseen(asked, table_.longest());
    auto const kept = co_await ends_.write(what.rows);
    if (!kept) co_return kept.error();
    co_return std::move(what.told);
}

// What is committed ends whatever sessions there are, so Redis may be away; it is told later.
task<result<ended>> session_ender::end_all(accounts::ending const& asked)
{
    auto open = co_await table_.all_open_of(asked.user_id);
    std::vector<session> known;
    if (open) known = std::move(*open);
    auto what = ends_of_all(std::move(known), asked, table_.longest());
    if (open) co_return co_await commit_and_tell(std::move(what), asked.user_id, asked.now);
    auto const kept = co_await ends_.write(what.rows);
    if (!kept) co_return kept.error();
    co_return std::move(what.told);
}

// Several may log in at once: each displaces of those that were there when it came, or together they would displace more
// than one after the other.
task<result<ended>> session_ender::displace(accounts::arrival const& by, std::vector<session_place> const& others)
{
    result<std::vector<session>> open = std::vector<session>{};
    if (others.empty()) open = co_await table_.all_open_of(by.session.user_id);
    else open = co_await table_.read_all(others);
    if (!open) co_return open.error();
    auto surplus = surplus_beside(std::move(*open), by.session, by.most);
    co_return co_await end(std::move(surplus), by.session.created_at);
}

task<result<ended>> session_ender::commit_and_tell(rows_to_commit what, std::string user_id, wall_time now)
{
    auto const kept = co_await ends_.write(what.rows);
    if (!kept) co_return kept.error();
    auto const places = places_of(what.told, user_id);
    auto const told = co_await table_.end(places, now);
    if (!told) co_return told.error();
    auto const extended = co_await extend(what.told, *told);
    if (!extended) co_return extended.error();
    co_return std::move(what.told);
}

// Those that were moved on between the look at them and their end have a younger access token under way. Rows of sessions
// come before that of their user, and the answers are in their order.
task<result<void>> session_ender::extend(ended& done, std::vector<session_table::end_told> const& told)
{
    std::vector<revocation> later;
    for (std::size_t i = 0; i < told.size(); ++i) {
        auto& row = done.revocations[i];
        if (!told[i].found || told[i].access_until <= row.until) continue;
        row.until = told[i].access_until;
        later.push_back(row);
    }
    if (later.empty()) co_return result<void>{};
    co_return co_await ends_.write(later);
}

} // namespace yett::storage::redis
