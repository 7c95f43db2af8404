#include "gateway/pipeline/endpoints/handlers.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/users/api_keys.hpp"
#include "gateway/pipeline/call/caller.hpp"
#include "gateway/pipeline/call/endpoint_services.hpp"
#include "gateway/pipeline/call/fields.hpp"
#include "gateway/pipeline/call/replies.hpp"
#include "gateway/pipeline/request/request_context.hpp"

namespace yett::pipeline {

task<result<http::reply>> list_api_keys(call& c)
{
    auto const who = session_of(c);
    if (!who) co_return who.error();
    auto const wanted = part_asked(c.ex.where().query());
    if (!wanted) co_return wanted.error();
    auto const all = co_await accounts::list_api_keys(c.services.services, who->user_id, *wanted);
    if (!all) co_return all.error();
    co_return api_keys_reply(*all);
}

task<result<accounts::new_api_key>> make_api_key(call& c)
{
    auto const who = session_of(c);
    if (!who) co_return who.error();
    auto body = co_await fields_of(c);
    if (!body) co_return body.error();
    accounts::api_key_wish wanted;
    wanted.user_id = who->user_id;
    wanted.name = body->text("name");
    wanted.scopes = body->words("scopes");
    if (auto const ttl = body->number("expires_in")) wanted.ttl = seconds{*ttl};
    wanted.requests_per_minute = body->number("requests_per_minute").value_or(0);
    wanted.client = who->from.address;
    auto const fine = require_only(*body, {"name", "scopes", "expires_in", "requests_per_minute"}, c.context);
    if (!fine) co_return fine.error();

    auto made = co_await accounts::create_api_key(c.services.services, std::move(wanted), c.services.services.now());
    if (!made) co_return refused(made.error(), c.context);
    co_return std::move(*made);
}

task<result<http::reply>> create_api_key(call& c)
{
    auto const made = co_await make_api_key(c);
    if (!made) co_return made.error();
    co_return new_api_key_reply(*made);
}

task<result<http::reply>> remove_api_key(call& c)
{
    auto const who = session_of(c);
    if (!who) co_return who.error();
    accounts::api_key_removal wanted{who->user_id, std::string{last_segment(c.ex.where().path())}, who->from.address, {}};
    // An empty id would mean all of them.
    if (wanted.id.empty()) co_return errc::not_found;
    auto const gone = co_await accounts::remove_api_keys(c.services.services, std::move(wanted), c.services.services.now());
    if (!gone) co_return gone.error();
    co_return no_content();
}

} // namespace yett::pipeline
