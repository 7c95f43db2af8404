#include "gateway/pipeline/call/caller.hpp"

#include "gateway/http/exchange.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "tests/support/endpoint_caller.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::tests;

namespace {

// "user session address | agent | languages", or why there is none.
task<result<http::reply>> tell_caller(pipeline::call& c)
{
    auto who = pipeline::session_of(c);
    if (!who) co_return who.error();
    http::reply r;
    r.body = who->user_id + ' ' + (who->session.empty() ? "none" : "one") + ' ' + who->from.address + " | " + who->from.agent +
             " | " + who->from.languages;
    co_return r;
}

task<result<http::reply>> tell_device(pipeline::call& c)
{
    auto const from = pipeline::device_of(c);
    http::reply r;
    r.body = from.address + " | " + from.agent + " | " + from.languages;
    co_return r;
}

// As if the credential were an API key, or a token of another issuer: known, and no session of ours.
task<result<http::reply>> tell_caller_without_session(pipeline::call& c)
{
    auto who = std::make_shared<identity>(*c.context.found.who);
    who->session.clear();
    c.context.found.who = who;
    co_return co_await tell_caller(c);
}

pipeline::endpoint const caller_row{.name = "caller", .method = "GET", .path = "/caller", .answer = tell_caller};
pipeline::endpoint const device_row{.name = "device", .method = "GET", .path = "/device", .answer = tell_device};
pipeline::endpoint const key_row{.name = "key", .method = "GET", .path = "/key", .answer = tell_caller_without_session};

} // namespace

TEST_CASE("device_of: where a request comes from, as far as it says so")
{
    struct
    {
        char const* fields;
        char const* device;
    } const rows[] = {
        {"", "192.0.2.7 |  | "},
        {"\nUser-Agent: curl/8", "192.0.2.7 | curl/8 | "},
        {"\nAccept-Language: de, en;q=0.5", "192.0.2.7 |  | de, en;q=0.5"},
        {"\nUser-Agent: Firefox\nAccept-Language: de", "192.0.2.7 | Firefox | de"},
        {"\nX-Forwarded-For: 203.0.113.9", "192.0.2.7 |  | "},
    };
    for (auto const& row : rows) {
        endpoint_caller at;
        CHECK(at.ask(device_row, std::string{"GET /auth/device"} + row.fields).body == row.device);
    }
}

TEST_CASE("session_of: a session of ours manages accounts")
{
    endpoint_caller at;
    auto const id = at.add_user("ada@example.com");
    at.be(at.sign_in("ada@example.com").member("access_token"));
    auto const answer = at.ask(caller_row, "GET /auth/caller\nUser-Agent: Firefox");
    CHECK(answer.came_to() == "200");
    CHECK(answer.body == id + " one 192.0.2.7 | Firefox | ");
}

TEST_CASE("session_of: an API key and a token of another issuer do not")
{
    endpoint_caller at;
    at.add_user("ada@example.com");
    at.be(at.sign_in("ada@example.com").member("access_token"));
    auto const answer = at.ask(key_row, "GET /auth/key");
    CHECK(answer.came_to() == "forbidden");
    REQUIRE(answer.failure);
    CHECK(answer.failure->note() == "the credential is no session of ours");
    CHECK(answer.failure->from() == origin::client);
}
