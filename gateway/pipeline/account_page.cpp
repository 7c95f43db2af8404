#include "gateway/accounts/desk.hpp"
#include "gateway/accounts/device_name.hpp"
#include "gateway/accounts/me.hpp"
#include "gateway/accounts/sessions.hpp"
#include "gateway/pipeline/caller.hpp"
#include "gateway/pipeline/page_endpoints.hpp"
#include "gateway/pipeline/passage.hpp"

namespace yett::pipeline {
namespace {

std::vector<pages::session_line> lines_of(std::vector<accounts::signed_in> const& all)
{
    std::vector<pages::session_line> lines;
    lines.reserve(all.size());
    for (auto const& each : all)
        lines.push_back(
            {each.id, accounts::device_name(each.from.agent), each.from.address, each.created_at, each.last_seen, each.current});
    return lines;
}

} // namespace

task<result<std::string>> page_endpoints::write_account(pages::view v, auth_endpoints::call& c)
{
    auto who = session_of(c);
    if (!who) co_return who.error();
    auto profile = co_await accounts::me(parts_.desk, c.seen.who->subject);
    if (!profile) co_return profile.error();
    auto all = co_await accounts::list_sessions(parts_.desk, std::move(*who), c.seen.now);
    if (!all) co_return all.error();
    auto const lines = lines_of(*all);
    pages::account_view const a{profile->email, lines, c.seen.now};
    co_return book_.write_account(v, a);
}

} // namespace yett::pipeline
