#include "gateway/http/bodies/json_body.hpp"

#include "gateway/http/bodies/form.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using namespace yett::http;
using namespace std::string_literals;

namespace {

constexpr auto json_type = "application/json";
constexpr auto form_type = "application/x-www-form-urlencoded";

body_fields read(std::string_view type, std::string_view body)
{
    auto fields = body_fields::read(type, body);
    CAPTURE(body);
    REQUIRE(fields.has_value());
    return std::move(*fields);
}

std::string complaints_of(body_fields const& body)
{
    std::string all;
    for (auto const& c : body.complaints()) all += c.field + ":" + c.code + " ";
    return all;
}

errc refusal_of(std::string_view type, std::string_view body)
{
    auto const fields = body_fields::read(type, body);
    CAPTURE(body);
    REQUIRE(fields.has_error());
    return fields.error().code();
}

} // namespace

TEST_CASE("body: members of an object and of a form read the same")
{
    auto json = read(json_type, R"({"email":"a@b.c","password":"p w","everywhere":true})");
    auto form = read(form_type, "email=a%40b.c&password=p+w&everywhere=true");
    for (auto* body : {&json, &form}) {
        CHECK(body->text("email") == "a@b.c");
        CHECK(body->secret_text("password").reveal() == "p w");
        CHECK(body->flag("everywhere"));
        CHECK_FALSE(body->flag("other"));
        CHECK(!body->optional_text("next").has_value());
        CHECK(body->optional_text("email") == "a@b.c");
        CHECK(body->has("email"));
        CHECK_FALSE(body->has("next"));
        CHECK(body->expect_only({"email", "password", "everywhere"}).has_value());
        CHECK(body->complaints().empty());
    }
    CHECK_FALSE(json.from_form());
    CHECK(form.from_form());
}

TEST_CASE("body: it can be moved and its text stays")
{
    auto first =
        std::make_unique<body_fields>(read(json_type, R"({"a":"short","b":"long enough to live outside of its string object"})"));
    body_fields second{std::move(*first)};
    first.reset();
    CHECK(second.text("a") == "short");
    CHECK(second.text("b") == "long enough to live outside of its string object");
}

TEST_CASE("body: all that is wrong is told at once")
{
    auto body = read(json_type, R"({"email":5,"password":null,"roles":["admin"],"everywhere":"yes"})");
    CHECK(body.text("email").empty());
    CHECK(body.text("password").empty());
    CHECK(body.secret_text("token").empty());
    CHECK_FALSE(body.flag("everywhere"));
    CHECK(!body.optional_text("roles").has_value());
    auto const fine = body.expect_only({"email", "password", "token", "everywhere"});
    REQUIRE(fine.has_error());
    CHECK(fine.error() == errc::bad_request);
    CHECK(complaints_of(body) ==
          "email:wrong_type password:required token:required everywhere:wrong_type roles:wrong_type roles:unknown ");
}

TEST_CASE("body: unknown members are refused (mass assignment)")
{
    auto body = read(json_type, R"({"email":"a","roles":["admin"]})");
    CHECK(body.expect_only({"email"}).has_error());
    CHECK(complaints_of(body) == "roles:unknown ");
}

TEST_CASE("body: unknown members of a form are ignored (RFC 6749 section 3.2)")
{
    auto form = read(form_type, "grant_type=password&username=a&password=b&scope=&client_id=&roles=admin");
    CHECK(form.text("username") == "a");
    CHECK(form.expect_only({"username", "password"}).has_value());
    CHECK(form.complaints().empty());
}

TEST_CASE("body: what is wrong with the known members of a form is told nevertheless (sibling)")
{
    auto form = read(form_type, "client_id=x&everywhere=maybe");
    CHECK_FALSE(form.flag("everywhere"));
    CHECK(form.expect_only({"everywhere"}).has_error());
    CHECK(complaints_of(form) == "everywhere:wrong_type ");
    CHECK(refusal_of(form_type, "client_id=x&client_id=y") == errc::bad_request);
}

TEST_CASE("body: null is what serializers make of a missing object")
{
    for (auto const* nothing : {"null", " null\r\n"}) {
        auto body = read(json_type, nothing);
        CHECK(body.expect_only({}).has_value());
    }
    CHECK(refusal_of(json_type, "NULL") == errc::bad_request);
    CHECK(refusal_of(json_type, "null null") == errc::bad_request);
}

TEST_CASE("body: names lose the blanks around them, passwords do not")
{
    auto json = read(json_type, "{\"email\":\"\u00a0q@example.test \",\"password\":\" p \"}");
    auto form = read(form_type, "email=%C2%A0q@example.test+&password=+p+");
    for (auto* body : {&json, &form}) {
        CHECK(body->name_text("email") == "q@example.test");
        CHECK(body->secret_text("password").reveal() == " p ");
    }
}

TEST_CASE("body: complaints are bounded and do not repeat what is long")
{
    std::string text = "{\"" + std::string(5000, 'x') + "\":1";
    for (int i = 0; i < 100; ++i) text += ",\"m" + std::to_string(i) + "\":1";
    auto body = read(json_type, text + "}");
    CHECK(body.expect_only({}).has_error());
    CHECK(body.complaints().size() == 32);
    CHECK(body.complaints()[0].field == "(long name)");
    auto own = read(json_type, "{}");
    own.complain("email", "taken", "is taken");
    CHECK(complaints_of(own) == "email:taken ");
}

TEST_CASE("body: flags of a form are words")
{
    auto body = read(form_type, "a=on&b=1&c=true&d=0&e=false&f=&g=maybe");
    for (auto const* yes : {"a", "b", "c"}) CHECK(body.flag(yes));
    for (auto const* no : {"d", "e", "f"}) CHECK_FALSE(body.flag(no));
    CHECK(body.complaints().empty());
    CHECK_FALSE(body.flag("g"));
    CHECK(complaints_of(body) == "g:wrong_type ");
    auto json = read(json_type, R"({"a":false,"b":null})");
    CHECK_FALSE(json.flag("a"));
    CHECK_FALSE(json.flag("b"));
    CHECK(json.complaints().empty());
}

TEST_CASE("body: other content types are refused with 415")
{
    for (auto const* type : {"text/plain", "text/json", "application/jsonx", "application/json, text/plain",
                             "multipart/form-data; boundary=x", "application/json; charset=utf-16",
                             "application/json; charset=utf-8; x=y", "application/problem+json", "*/*", "json", ";"})
        CHECK_MESSAGE(refusal_of(type, "{}") == errc::unsupported_media_type, type);
    CHECK(refusal_of("", "{}") == errc::unsupported_media_type);
    for (auto const* type : {"application/json", "Application/JSON", "application/json;charset=utf-8",
                             "application/json; charset=UTF-8", "application/json ; charset=\"utf-8\"", "application/json;"})
        CHECK_MESSAGE(body_fields::read(type, "{}").has_value(), type);
    CHECK(body_fields::read("application/x-www-form-urlencoded; charset=utf-8", "a=b").has_value());
}

TEST_CASE("body: an empty body has no members")
{
    for (auto const* type : {"", json_type, form_type}) {
        auto body = read(type, "");
        CHECK(body.expect_only({}).has_value());
        CHECK(body.text("a").empty());
        CHECK(complaints_of(body) == "a:required ");
    }
}

TEST_CASE("body: malformed JSON is refused")
{
    for (auto const* body : {"[]", "\"a\"", "{", "{\"a\":1,\"a\":2}", "{\"a\":\"\xff\"}", "{\"a\":1e999}", "{}{}",
                             "{\"a\":[[[[[[[[1]]]]]]]]}", "\xef\xbb\xbf{}", "a=b"})
        CHECK_MESSAGE(refusal_of(json_type, body) == errc::bad_request, body);
}

TEST_CASE("body: a member can be taken out before the others are judged")
{
    auto body = read(form_type, "email=a&form=secret&count");
    CHECK(body.take("form") == "secret");
    CHECK(body.take("form").empty());
    CHECK(body.take("count").empty());
    CHECK(body.take("missing").empty());
    CHECK(body.expect_only({"email"}).has_value());

    auto json = read(json_type, R"({"form":1,"email":"a"})");
    CHECK(json.take("form").empty());
    CHECK(json.expect_only({"email"}).has_error()); // it was no text
}

TEST_CASE("body: a form holds no NUL")
{
    for (auto const* body : {"a=%00", "a=b%00c", "a%00=b"}) CHECK_MESSAGE(refusal_of(form_type, body) == errc::bad_request, body);
}

TEST_CASE("body: malformed forms are refused")
{
    for (auto const* body : {"a=1&a=2", "a=1&%61=2", "a=%", "a=%4", "a=%zz", "a=%ff", "a=%c0%af", "a=\xff", "%ff=a",
                             "a=%ed%a0%80", "a=%f4%90%80%80", "a=%e2%82"})
        CHECK_MESSAGE(refusal_of(form_type, body) == errc::bad_request, body);
    auto body = read(form_type, "&a=1&&b&c=x=y&d=%E2%82%AC%F0%9F%98%80%C3%A9&");
    CHECK(body.text("a") == "1");
    CHECK(body.text("b").empty());
    CHECK(body.has("b"));
    CHECK(body.text("c") == "x=y");
    CHECK(body.text("d") == "\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa9");
}

TEST_CASE("form: a member's value is found by its decoded name")
{
    CHECK(form_value("a=1&b=2%2F3+4&c", "b") == "2/3 4");
    CHECK(form_value("a=1&%62=2", "b") == "2");
    CHECK(form_value("a=1&c", "c") == "");
    CHECK(form_value("b=1&b=2", "b") == "1");
    CHECK_FALSE(form_value("", "b"));
    CHECK_FALSE(form_value("bb=1&&a=b", "b"));
    CHECK_FALSE(form_value("b=%zz", "b"));
    CHECK_FALSE(form_value("%zz=1", "b"));
}

TEST_CASE("body: size is bounded")
{
    CHECK(refusal_of(json_type, std::string(body_fields::max_bytes + 1, ' ')) == errc::body_too_large);
    CHECK(refusal_of("text/plain", std::string(body_fields::max_bytes + 1, ' ')) == errc::body_too_large);
}

TEST_CASE("utf-8: exactly the sequences of RFC 3629")
{
    for (auto const* good : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80",
                             "\xf4\x8f\xbf\xbf"})
        CHECK(is_utf8(good));
    for (auto const* bad : {"\x80", "\xc1\x80", "\xc2", "\xc2\xc0", "\xe0\x9f\x80", "\xed\xa0\x80", "\xe1\x80", "\xe1\x80\xc0",
                            "\xf0\x8f\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf1\x80\x80\x7f", "a\xff"})
        CHECK_FALSE(is_utf8(bad));
}

TEST_CASE("body: numbers are whole and below 2^32, in a form as well")
{
    auto body = read(json_type, R"({"a":0,"b":4294967295,"c":null})");
    CHECK(body.number("a") == 0U);
    CHECK(body.number("b") == 4294967295U);
    CHECK_FALSE(body.number("c"));
    CHECK_FALSE(body.number("d"));
    CHECK(body.complaints().empty());
    for (auto const* const wrong :
         {R"({"a":-1})", R"({"a":4294967296})", R"({"a":1.5})", R"({"a":"1"})", R"({"a":true})", R"({"a":[1]})"}) {
        auto other = read(json_type, wrong);
        CHECK_FALSE(other.number("a"));
        CHECK_MESSAGE(complaints_of(other) == "a:wrong_type ", wrong);
    }
    auto form = read(form_type, "a=12&b=x&c=&d=1x&e=4294967296");
    CHECK(form.number("a") == 12U);
    CHECK_FALSE(form.number("c"));
    CHECK(form.complaints().empty());
    for (auto const* const wrong : {"b", "d", "e"}) CHECK_FALSE(form.number(wrong));
    CHECK(form.complaints().size() == 3);
}

TEST_CASE("body: lists are of texts alone; a form says them in one")
{
    auto body = read(json_type, R"({"a":["x","y z"],"b":[],"c":null})");
    CHECK(body.words("a") == std::vector{"x"s, "y z"s});
    CHECK(body.words("b").empty());
    CHECK(body.words("c").empty());
    CHECK(body.words("d").empty());
    CHECK(body.complaints().empty());
    for (auto const* const wrong : {R"({"a":"x"})", R"({"a":["x",1]})", R"({"a":{"x":"y"}})", R"({"a":[["x"]]})"}) {
        auto other = read(json_type, wrong);
        CHECK(other.words("a").empty());
        CHECK_MESSAGE(complaints_of(other) == "a:wrong_type ", wrong);
    }
    auto form = read(form_type, "a=x++y%20z&b=");
    CHECK(form.words("a") == std::vector{"x"s, "y"s, "z"s});
    CHECK(form.words("b").empty());
    CHECK(form.complaints().empty());
}
