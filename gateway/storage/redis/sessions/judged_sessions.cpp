#include "gateway/storage/redis/sessions/judged_sessions.hpp"

#include <algorithm>

namespace yett::storage::redis {

using accounts::session;

task<result<std::vector<session>>> judged_sessions::judge(std::vector<session> all)
{
    if (all.empty()) co_return all;
    auto const fates = co_await ends_.judge(all);
    if (!fates) co_return fates.error();
    std::vector<session> judged;
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto const& [has_owner, ended_at] = (*fates)[i];
        if (!has_owner) continue;
        if (!all[i].ended_at) all[i].ended_at = ended_at;
        judged.push_back(std::move(all[i]));
    }
    co_return judged;
}

task<result<session>> judged_sessions::read(session_place const& at)
{
    auto found = co_await table_.read(at);
    if (!found) co_return found.error();
    std::vector<session> one;
    one.push_back(std::move(*found));
    auto judged = co_await judge(std::move(one));
    if (!judged) co_return judged.error();
    if (judged->empty()) co_return errc::not_found;
    co_return std::move(judged->front());
}

// A part of what Redis lists may hold nothing that lives: a list ends where Redis's does, or when it is full.
task<result<std::vector<session>>> judged_sessions::list(std::string user_id, accounts::session_page asked)
{
    std::vector<session> live;
    session_table::slice part;
    part.after = asked.after;
    part.more = true;
    while (part.more && live.size() < asked.limit) {
        auto next = co_await table_.open_of(user_id, part.after, asked.limit);
        if (!next) co_return next.error();
        part = std::move(*next);
        auto const kept = co_await keep_live(std::move(part.sessions), asked, live);
        if (!kept) co_return kept.error();
    }
    co_return live;
}

task<result<std::vector<session>>> judged_sessions::list_all(accounts::session_page asked)
{
    std::vector<session> live;
    session_table::slice part;
    part.after = asked.after;
    part.more = true;
    while (part.more && live.size() < asked.limit) {
        auto next = co_await table_.after(part.after, asked.limit);
        if (!next) co_return next.error();
        part = std::move(*next);
        auto const kept = co_await keep_live(std::move(part.sessions), asked, live);
        if (!kept) co_return kept.error();
    }
    co_return live;
}

// Those of a part that go into a list, as long as there is place.
task<result<void>> judged_sessions::keep_live(std::vector<session> part, accounts::session_page const& asked,
                                              std::vector<session>& into)
{
    std::erase_if(part, [&](session const& each) { return !is_live(each, asked.now); });
    auto judged = co_await judge(std::move(part));
    if (!judged) co_return judged.error();
    for (auto& each : *judged)
        if (!each.ended_at && into.size() < asked.limit) into.push_back(std::move(each));
    co_return result<void>{};
}

} // namespace yett::storage::redis
