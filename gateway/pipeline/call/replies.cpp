#include "gateway/pipeline/call/replies.hpp"

#include "gateway/base/text/rfc3339.hpp"
#include "gateway/pipeline/request/session_cookies.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

// Replies of the account endpoints, as docs/http-api.md promises them. All are `no-store`: they
// hold tokens, or what only their owner should see. A member that has no value is null and not
// missing, so that a client of a typed language needs no two cases.

namespace yett::pipeline {
namespace {

namespace json = boost::json;

http::reply json_reply(unsigned status, json::object const& body)
{
    http::reply r;
    r.status = status;
    r.fields = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};
    r.body = json::serialize(body);
    return r;
}

json::array list_of(std::vector<std::string> const& words)
{
    json::array list;
    for (auto const& each : words) list.emplace_back(each);
    return list;
}

json::object session_json(accounts::signed_in const& s)
{
    return {{"id", s.id},
            {"device", s.from.agent},
            {"address", s.from.address},
            {"created_at", rfc3339(s.created_at)},
            {"last_seen", rfc3339(s.last_seen)},
            {"expires_at", rfc3339(s.until)},
            {"current", s.current}};
}

json::object key_json(accounts::api_key const& k)
{
    auto const when = [](std::optional<wall_time> at) { return at ? json::value(rfc3339(*at)) : json::value{}; };
    json::object one{{"id", k.id}, {"name", k.name}, {"scopes", list_of(k.scopes)}};
    one["requests_per_minute"] = k.requests_per_minute != 0 ? json::value(k.requests_per_minute) : json::value{};
    one["created_at"] = rfc3339(k.created_at);
    one["expires_at"] = when(k.expires_at);
    one["last_used"] = when(k.last_used);
    return one;
}

// `next` is there as long as there is more, and goes back as `after`.
http::reply part_reply(std::string_view name, json::array list, std::string const& next)
{
    json::object body{{name, std::move(list)}};
    if (!next.empty()) body["next"] = next;
    return json_reply(200, body);
}

} // namespace

http::reply no_content()
{
    http::reply r;
    r.status = 204;
    r.fields = {{"Cache-Control", "no-store"}};
    return r;
}

http::reply registered_reply(accounts::registered const& who)
{
    return json_reply(201, {{"user_id", who.user_id}, {"email", who.email}, {"verified", who.verified}});
}

// The same bytes for every address.
http::reply accepted()
{
    return json_reply(202, {});
}

http::reply verified_reply(accounts::profile const& who)
{
    return json_reply(200, {{"user_id", who.user_id}, {"email", who.email}, {"verified", who.verified}});
}

http::reply profile_reply(accounts::profile const& who)
{
    return json_reply(200, {{"id", who.user_id},
                            {"email", who.email},
                            {"roles", list_of(who.roles)},
                            {"verified", who.verified},
                            {"created_at", rfc3339(who.created_at)}});
}

http::reply sessions_reply(accounts::signed_in_page const& part)
{
    json::array list;
    for (auto const& each : part.lines) list.push_back(session_json(each));
    return part_reply("sessions", std::move(list), part.next);
}

http::reply api_keys_reply(accounts::api_key_list const& part)
{
    json::array list;
    for (auto const& each : part.keys) list.push_back(key_json(each));
    return part_reply("api_keys", std::move(list), part.next);
}

http::reply new_api_key_reply(accounts::new_api_key const& made)
{
    auto body = key_json(made.kept);
    body["key"] = made.text.reveal();
    return json_reply(201, body);
}

// A token that travels by cookie is not in the body: a script that cannot read the one shall not
// read it in the other.
http::reply grant_reply(accounts::grant const& g, auth_transport const& ways)
{
    json::object body;
    if (ways.access_in_header) {
        body["access_token"] = g.access_token.reveal();
        body["token_type"] = "bearer";
    }
    body["expires_in"] = g.expires_in.count();
    if (ways.refresh_in_body) body["refresh_token"] = g.refresh_token.reveal();
    body["user"] = {{"id", g.user.user_id}, {"email", g.user.email}, {"roles", list_of(g.user.roles)}};
    return json_reply(200, body);
}

} // namespace yett::pipeline
