#include "gateway/pipeline/call/fields.hpp"

#include "gateway/http/target.hpp"
#include "gateway/pipeline/call/read_fields.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "tests/support/endpoint_caller.hpp"
#include "tests/support/fake_exchange.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"
#include "tests/unit/http/parsed.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::tests;

namespace {

constexpr auto json = "application/json";
constexpr auto form = "application/x-www-form-urlencoded";

// Says what the one member of its body is.
task<result<http::reply>> tell_token(pipeline::call& c)
{
    auto token = co_await pipeline::token_of(c);
    if (!token) co_return token.error();
    http::reply r;
    r.body = token->reveal();
    co_return r;
}

// Says what a page has left of the body, and what comes when it is read a second time.
task<result<http::reply>> tell_what_was_read_before(pipeline::call& c)
{
    auto first = co_await pipeline::read_fields(c.ex);
    if (!first) co_return first.error();
    c.body.emplace(std::move(*first));
    auto again = co_await pipeline::fields_of(c);
    if (!again) co_return again.error();
    http::reply r;
    r.body = again->text("token");
    co_return r;
}

pipeline::endpoint const token_row{.name = "token", .method = "POST", .path = "/token", .answer = tell_token};
pipeline::endpoint const twice_row{.name = "twice", .method = "POST", .path = "/twice", .answer = tell_what_was_read_before};

std::string head_of(std::string const& type, std::size_t length)
{
    auto head = std::string{"POST /auth/x HTTP/1.1\r\nHost: a\r\n"};
    if (!type.empty()) head += "Content-Type: " + type + "\r\n";
    return head + "Content-Length: " + std::to_string(length) + "\r\n\r\n";
}

task<result<std::string>> token_in(fake_exchange& ex)
{
    auto fields = co_await pipeline::read_fields(ex);
    if (!fields) co_return fields.error();
    co_return std::string{fields->text("token")};
}

// What came of reading a body in pieces: the text of `token`, or why it failed.
std::string read_in(std::vector<std::string> const& pieces, std::string const& type)
{
    std::size_t length = 0;
    for (auto const& each : pieces) length += each.size();
    fake_exchange ex{head_of(type, length)};
    for (auto const& each : pieces) ex.arrive(each);
    ex.finish_body();
    auto const token = run(token_in(ex));
    CHECK(ex.body_limit == http::body_fields::max_bytes);
    return token ? *token : std::string{name_of(token.error().code())};
}

} // namespace

TEST_CASE("read_fields: a body is one, in however many pieces it comes")
{
    struct
    {
        char const* situation;
        std::vector<std::string> pieces;
        char const* type;
        char const* came_to;
    } const rows[] = {
        {"JSON", {R"({"token":"abc"})"}, json, "abc"},
        {"in two pieces", {R"({"tok)", R"(en":"abc"})"}, json, "abc"},
        {"byte by byte", {"{", "\"", "token", "\"", ":", "\"a", "bc\"", "}"}, json, "abc"},
        {"a form", {"token=a%20b+c"}, form, "a b c"},
        {"a form in two pieces, cut in an escape", {"token=a%2", "0b"}, form, "a b"},
        {"with a charset", {R"({"token":"abc"})"}, "application/json; charset=utf-8", "abc"},
        {"another charset", {R"({"token":"abc"})"}, "application/json; charset=latin1", "unsupported_media_type"},
        {"another type", {"token=abc"}, "text/plain", "unsupported_media_type"},
        {"no type", {R"({"token":"abc"})"}, "", "unsupported_media_type"},
        {"nothing at all", {}, "", ""},
        {"nothing, and a type", {}, json, ""},
        {"null", {"null"}, json, ""},
        {"a list", {"[1]"}, json, "bad_request"},
        {"cut off", {R"({"token":)"}, json, "bad_request"},
        {"a member twice", {R"({"token":"a","token":"b"})"}, json, "bad_request"},
        {"a field twice", {"token=a&token=b"}, form, "bad_request"},
        {"no UTF-8", {"token=%ff"}, form, "bad_request"},
        {"a NUL in a form", {"token=a%00b"}, form, "bad_request"},
        {"as large as it may be", {"token=" + std::string(65'530, 'a')}, form, nullptr},
        {"a byte too large", {"token=" + std::string(65'531, 'a')}, form, "body_too_large"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.situation);
        auto const came_to = read_in(row.pieces, row.type);
        if (row.came_to) CHECK(came_to == row.came_to);
        else CHECK(came_to == std::string(65'530, 'a'));
    }
}

TEST_CASE("read_fields: fails as the connection does")
{
    for (auto const why : {errc::peer_broke_off, errc::body_too_large, errc::timed_out}) {
        fake_exchange ex{head_of(json, 100)};
        ex.arrive(R"({"token":)");
        ex.fail_body(client_error(why));
        auto const token = run(token_in(ex));
        REQUIRE_FALSE(token);
        CHECK(token.error() == why);
    }
}

TEST_CASE("fields_of: what a page has read is not read again")
{
    endpoint_caller at;
    auto const answer = at.ask(twice_row, "POST /auth/twice", R"({"token":"abc"})");
    CHECK(answer.came_to() == "200");
    CHECK(answer.body == "abc");
}

TEST_CASE("token_of: the one member that the body of a link has")
{
    struct
    {
        char const* situation;
        char const* body;
        char const* came_to;
        char const* field; // that is complained of
        char const* complaint;
    } const rows[] = {
        {"the token", R"({"token":"yl1_abc"})", "200", "", ""},
        {"as a form", "token=yl1_abc", "200", "", ""},
        {"a form with more", "token=yl1_abc&submit=go", "200", "", ""},
        {"nothing", "{}", "bad_request", "token", "required"},
        {"null", R"({"token":null})", "bad_request", "token", "required"},
        {"a number", R"({"token":7})", "bad_request", "token", "wrong_type"},
        {"a list", R"({"token":["yl1_abc"]})", "bad_request", "token", "wrong_type"},
        {"something beside it", R"({"token":"yl1_abc","password":"x"})", "bad_request", "password", "unknown"},
        {"something else", R"({"tokens":"yl1_abc"})", "bad_request", "tokens", "unknown"},
        {"no JSON", "{", "bad_request", "", ""},
    };
    for (auto const& row : rows) {
        CAPTURE(row.situation);
        endpoint_caller at;
        auto const answer = at.ask(token_row, "POST /auth/token", row.body);
        CHECK(answer.came_to() == row.came_to);
        if (answer.status) CHECK(answer.body == "yl1_abc");
        CHECK(answer.complaint_of(row.field) == row.complaint);
    }
}

TEST_CASE("require_only: all that is wrong is left for the reply at once")
{
    auto body = http::body_fields::read(json, R"({"email":7,"role":"admin","x":1})");
    REQUIRE(body);
    (void)body->text("email");
    (void)body->text("password");
    pipeline::request_context context;
    auto const fine = pipeline::require_only(*body, {"email", "password"}, context);
    REQUIRE_FALSE(fine);
    CHECK(fine.error() == errc::bad_request);
    std::string all;
    for (auto const& each : context.reported.complaints) all += each.field + ": " + each.code + "\n";
    CHECK(all == "email: wrong_type\npassword: required\nrole: unknown\nx: unknown\n");
}

TEST_CASE("require_only: what is as it should be leaves nothing")
{
    auto body = http::body_fields::read(json, R"({"email":"a@example.com"})");
    (void)body->text("email");
    pipeline::request_context context;
    CHECK(pipeline::require_only(*body, {"email", "password"}, context));
    CHECK(context.reported.complaints.empty());
}

TEST_CASE("refused: the fields that a use case complains of are named as they are in the body")
{
    pipeline::request_context context;
    accounts::refusal const why{{{"email", errc::email_invalid, "no address"}, {"password", errc::password_weak, "too short"}}};
    auto const told = pipeline::refused(why, context);
    CHECK_MESSAGE(told == errc::email_invalid, "the first speaks for all");
    REQUIRE(context.reported.complaints.size() == 2);
    CHECK(context.reported.complaints[0].field == "email");
    CHECK(context.reported.complaints[0].code == "email_invalid");
    CHECK(context.reported.complaints[0].message == "no address");
    CHECK(context.reported.complaints[1].code == "password_weak");
}

TEST_CASE("refused: an error without fields is handed on as it is")
{
    pipeline::request_context context;
    CHECK(pipeline::refused(accounts::refusal{errc::email_taken}, context) == errc::email_taken);
    CHECK(pipeline::refused(accounts::refusal{our_error(errc::storage_unavailable, "gone")}, context).note() == "gone");
    CHECK(context.reported.complaints.empty());
}

TEST_CASE("account_of: one account has one counter, however its address is spelled")
{
    for (auto const* text : {"ada@example.com", "Ada@Example.COM", " ada@example.com ", "ADA@EXAMPLE.COM"}) {
        CAPTURE(text);
        CHECK(pipeline::account_of(text) == "ada@example.com");
    }
    CHECK_MESSAGE(pipeline::account_of("nobody") == "nobody", "what is no address counts as it came");
    CHECK(pipeline::account_of("") == "");
    CHECK(pipeline::account_of("ada@münchen.example") == pipeline::account_of("ada@xn--mnchen-3ya.example"));
}

TEST_CASE("part_asked: which part of a list a query asks for")
{
    struct
    {
        char const* query;
        char const* after;
        std::size_t limit; // 0: refused
    } const rows[] = {
        {"", "", 100},
        {"limit=1", "", 1},
        {"limit=1000", "", 1000},
        {"limit=1001", "", 0},
        {"limit=0", "", 0},
        {"limit=", "", 0},
        {"limit=-1", "", 0},
        {"limit=+1", "", 0},
        {"limit=1x", "", 0},
        {"limit=0x10", "", 0},
        {"limit=1.5", "", 0},
        {"limit=99999999999999999999", "", 0},
        {"limit=%31%30", "", 10},
        {"after=abc", "abc", 100},
        {"after=a%2Fb&limit=5", "a/b", 5},
        {"limit=5&after=abc&other=1", "abc", 5},
        {"after=", "", 100},
        {"other=1", "", 100},
    };
    for (auto const& row : rows) {
        CAPTURE(row.query);
        auto const part = pipeline::part_asked(row.query);
        CHECK(part.has_value() == (row.limit != 0));
        if (!part) CHECK(part.error().note() == "limit: a number from 1 to 1000 is wanted");
        if (!part) continue;
        CHECK(part->after == row.after);
        CHECK(part->limit == row.limit);
    }
}

TEST_CASE("last_segment: what a name at the end of a rule stands for")
{
    struct
    {
        char const* path;
        char const* segment;
    } const rows[] = {
        {"/auth/sessions/abc", "abc"}, {"/auth/sessions/", ""}, {"/abc", "abc"}, {"abc", "abc"}, {"/", ""}, {"", ""},
        {"/a/b%2Fc", "b%2Fc"},
    };
    for (auto const& row : rows) CHECK(pipeline::last_segment(row.path) == row.segment);
}

TEST_CASE("token_in: the token of a link, with what somebody copied beside it")
{
    struct
    {
        char const* path;
        char const* token;
    } const rows[] = {
        {"/auth/verify/yl1_abc", "yl1_abc"},
        {"/auth/verify/%20yl1_abc%20", " yl1_abc "},
        {"/auth/verify/yl1_abc%0A", ""},
        {"/auth/verify/", ""},
        {"/api/auth/reset/yl1_a-b_c", "yl1_a-b_c"},
        {"/auth/verify/%E2%80%8Byl1_abc", "\xe2\x80\x8byl1_abc"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.path);
        http::parsed const head{http::request("GET " + std::string{row.path} + " HTTP/1.1")};
        REQUIRE(head.h);
        auto const where = http::target::from(*head.h);
        if (!where) CHECK(std::string{row.token}.empty());
        if (where) CHECK(pipeline::token_in(*where).reveal() == row.token);
    }
}
