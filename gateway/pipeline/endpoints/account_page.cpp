#include "gateway/pipeline/endpoints/page_handlers.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/device_name.hpp"
#include "gateway/accounts/sessions/sessions.hpp"
#include "gateway/accounts/users/api_keys.hpp"
#include "gateway/accounts/users/me.hpp"
#include "gateway/http/bodies/form.hpp"
#include "gateway/pipeline/call/caller.hpp"
#include "gateway/pipeline/call/endpoint.hpp"
#include "gateway/pipeline/call/endpoint_services.hpp"
#include "gateway/pipeline/call/page_replies.hpp"
#include "gateway/pipeline/endpoints/handlers.hpp"
#include "gateway/pipeline/request/request_context.hpp"

// The one page with much on it. Sessions come page by page, as many accounts of programs have
// thousands; of keys the fifty youngest are shown. A new key's text is written into the reply to
// the form that made it and exists nowhere else.

namespace yett::pipeline {
namespace {

constexpr std::size_t lines_on_page = 50;

std::vector<pages::session_line> lines_of(std::vector<accounts::signed_in> const& all)
{
    std::vector<pages::session_line> lines;
    lines.reserve(all.size());
    for (auto const& each : all)
        lines.push_back(
            {each.id, accounts::device_name(each.from.agent), each.from.address, each.created_at, each.last_seen, each.current});
    return lines;
}

std::string joined(std::vector<std::string> const& words)
{
    std::string all;
    for (auto const& each : words) all.append(all.empty() ? "" : " ").append(each);
    return all;
}

std::vector<pages::key_line> lines_of(std::vector<accounts::api_key> const& all)
{
    std::vector<pages::key_line> lines;
    lines.reserve(all.size());
    for (auto const& each : all)
        lines.push_back({each.id, each.name, joined(each.scopes), each.created_at, each.last_used, each.expires_at});
    return lines;
}

} // namespace

task<result<http::reply>> show_account(call& c)
{
    auto const token = token_for(*c.endpoint.form, c);
    if (!token) co_return token.error();
    auto const notice = http::form_value(c.ex.where().query(), "notice").value_or(std::string{});
    auto v = view_for(c);
    v.form_token = *token;
    v.notice = notice;
    auto html = co_await write_account(v, c);
    if (!html) co_return html.error();
    co_return page_reply(std::move(*html));
}

// The one page that shows a key; going back to it or loading it again does not.
task<result<http::reply>> show_new_key(call& c)
{
    auto const made = co_await make_api_key(c);
    if (!made) co_return made.error();
    auto const token = token_for(*c.endpoint.form, c);
    if (!token) co_return token.error();
    auto v = view_for(c);
    v.form_token = *token;
    v.notice = "key_made";
    auto html = co_await write_account(v, c, made->text.reveal());
    if (!html) co_return html.error();
    co_return page_reply(std::move(*html));
}

task<result<std::string>> write_account(pages::view v, call& c, std::string_view new_key)
{
    auto who = session_of(c);
    if (!who) co_return who.error();
    auto const user_id = who->user_id;
    auto profile = co_await accounts::me(c.services.services, c.context.found.who->subject);
    if (!profile) co_return profile.error();
    accounts::part wanted;
    wanted.after = http::form_value(c.ex.where().query(), "after").value_or(std::string{});
    wanted.limit = lines_on_page;
    auto all =
        co_await accounts::list_sessions(c.services.services, std::move(*who), std::move(wanted), c.services.services.now());
    if (!all) co_return all.error();
    accounts::part shown;
    shown.limit = lines_on_page;
    auto keys = co_await accounts::list_api_keys(c.services.services, user_id, std::move(shown));
    if (!keys) co_return keys.error();
    auto const lines = lines_of(all->lines);
    auto const key_lines = lines_of(keys->keys);
    auto const& rules = c.services.services.rules.api_keys;
    pages::account_view a;
    a.email = profile->email;
    a.sessions = lines;
    a.now = c.services.services.now();
    a.keys = key_lines;
    a.new_key = new_key;
    a.makes_keys = rules.self_service;
    a.scopes = rules.scopes;
    a.next = all->next;
    a.self_delete = c.services.services.rules.self_delete;
    co_return c.context.renderer().write_account(v, a);
}

} // namespace yett::pipeline
